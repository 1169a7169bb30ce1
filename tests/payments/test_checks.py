"""System checks: each fault of the settings has its message, and good settings have none."""

from typing import Any

import pytest
from django.core.checks import run_checks

from payments.checks import check_processors

DEVELOPMENT: dict[str, Any] = {
    "PRODUCTION": False,
    "SANDBOX_ENABLED": True,
    "STRIPE_SECRET_KEY": "",
    "STRIPE_WEBHOOK_SECRETS": [],
    "ADYEN_HMAC_KEYS": [],
}
LIVE: dict[str, Any] = DEVELOPMENT | {
    "PRODUCTION": True,
    "SANDBOX_ENABLED": False,
    "STRIPE_SECRET_KEY": "sk_live_1",
    "STRIPE_WEBHOOK_SECRETS": ["whsec_1"],
}
FAULTS: dict[str, dict[str, Any]] = {
    "payments.E001": LIVE | {"STRIPE_SECRET_KEY": "", "STRIPE_WEBHOOK_SECRETS": []},
    "payments.E002": LIVE | {"SANDBOX_ENABLED": True},
    "payments.E003": LIVE | {"ADYEN_HMAC_KEYS": ["00", "no hex"]},
    "payments.W001": LIVE | {"STRIPE_WEBHOOK_SECRETS": []},
    "payments.W002": LIVE | {"STRIPE_SECRET_KEY": "sk_test_1"},
}


def found_with(settings: Any, wanted: dict[str, Any]) -> list[str | None]:
    """The messages that settings like these lead to."""
    for name, value in wanted.items():
        setattr(settings, name, value)
    return [message.id for message in check_processors()]


@pytest.mark.parametrize("wanted", [DEVELOPMENT, LIVE, LIVE | {"ADYEN_HMAC_KEYS": ["00fF", "44782D"]}])
def test_good_settings_are_left_alone(settings: Any, wanted: dict[str, Any]) -> None:
    assert found_with(settings, wanted) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named(settings: Any, fault: str) -> None:
    assert found_with(settings, FAULTS[fault]) == [fault]


def test_the_checks_run_with_all_others(settings: Any) -> None:
    found_with(settings, FAULTS["payments.E001"])

    (message,) = run_checks(tags=["payments"])

    assert message.hint == "Set STRIPE_SECRET_KEY in the environment."
