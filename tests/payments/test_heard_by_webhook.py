"""The shopper closes the browser at the bank, and all that the shop ever hears is the sandbox's webhooks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone

from eventbus.testing import drain, published
from payments.commands import CapturePayment
from payments.events import PaymentAuthorised, PaymentCaptured, PaymentChallenged, PaymentDeclined
from payments.models import InboxNotice
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import PRICE, a_card_payment, answer_bank, ask, facts, ledger_of, payment_for
from tests.payments.receiving import Shop, receiving

pytestmark = pytest.mark.usefixtures("bus", "telling")


@pytest.fixture
def shop() -> Iterator[Shop]:
    with receiving() as shop:
        yield shop


@pytest.fixture
def telling(shop: Shop, settings: Any, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that sends its webhooks, and that the shop's payments go to."""
    secret = configured.SANDBOX_WEBHOOK_SECRETS[0]
    running = Sandbox(tmp_path / "sandbox.sqlite3", webhooks=(shop.url, secret))
    settings.SANDBOX_URL, settings.GATEWAY_TIMEOUT_SECONDS = running.url, 1.0
    yield running
    running.stop()


def hear(shop: Shop, count: int) -> None:
    """The next webhooks reach the shop's own address, just as they were sent, and its workers."""
    for webhook in shop.take(count):
        answer = Client().post(
            "/payments/webhooks/sandbox/",
            webhook.body,
            content_type="application/json",
            headers={"Sandbox-Signature": webhook.headers["Sandbox-Signature"]},
        )
        assert answer.status_code == 200
    drain(timezone.now())


@pytest.mark.parametrize(
    ("card", "button", "ending"),
    [
        ("tok_challenge", "confirm", PaymentAuthorised),
        ("tok_wallet", "confirm", PaymentCaptured),
        ("tok_challenge", "refuse", PaymentDeclined),
    ],
)
def test_what_the_shopper_told_the_bank_arrives(shop: Shop, card: str, button: str, ending: type) -> None:
    order_id = a_card_payment(card)

    with published() as messages:
        ask(CapturePayment(order_id=order_id))
        answer_bank(payment_for(order_id), button)
        hear(shop, 2)

    assert [type(fact) for fact in facts(messages)] == [PaymentChallenged, ending]
    assert set(InboxNotice.objects.values_list("state", flat=True)) == {"done"}


def test_noise_changes_nothing(shop: Shop) -> None:
    order_id = a_card_payment("tok_noisy")

    with published() as messages:
        ask(CapturePayment(order_id=order_id))
        hear(shop, 4)

    payment = payment_for(order_id)
    assert facts(messages) == [
        PaymentCaptured(order_id=order_id, payment_id=payment.id, amount=PRICE, method="card")
    ]
    assert ledger_of(order_id) == [("captured", 1234)]
    assert sorted(InboxNotice.objects.values_list("kind", "state")) == [
        ("charge.authorised", "done"),
        ("charge.captured", "done"),
    ]


def test_a_charge_whose_answer_was_lost_is_heard_of_before_anybody_asks_again(shop: Shop) -> None:
    order_id = a_card_payment("tok_timeout")
    ask(CapturePayment(order_id=order_id))
    assert payment_for(order_id).state == "pending"

    with published() as messages:
        hear(shop, 2)

    assert [type(fact) for fact in facts(messages)] == [PaymentCaptured]
