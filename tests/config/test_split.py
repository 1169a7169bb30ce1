"""The settings of the two sides: each has what is its own, and every message its way."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings

from eventbus.registry import message_classes

ROOT = Path(__file__).resolve().parents[2]
THERE = "postgres://payments:secret@payments.example:5433/theirs?sslmode=require"
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.split.payments",
    "SHOP_ENV": "production",
    "SECRET_KEY": "a-key-of-fifty-characters-and-more-for-production-0123456789",
    "ALLOWED_HOSTS": "pay.example.com",
    "STRIPE_SECRET_KEY": "sk_live_1",
    "PAYMENTS_DATABASE_URL": THERE,
}
ASKED = """
import json
from django.conf import settings
from eventbus.dispatch import wake
wake(("payments.capture_payment", 0))
print(json.dumps(settings.DATABASES["default"], default=str))
"""
STAYS_HERE = {"payments.account_credited", "payments.read_notice"}


def payments_alone(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py as the payments' own process, which was told nothing of the shop but its Redis."""
    inherited = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=inherited | PRODUCTION | {"REDIS_URL": settings.REDIS_URL} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def broker() -> Iterator[Any]:
    """The Redis that both sides share, without wake-ups of either."""
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        client.delete("external", *client.scan_iter("payments:*"))
        yield client
        client.delete("external", *client.scan_iter("payments:*"))


def test_payments_need_no_word_of_the_shops_database_and_wake_no_worker_of_the_shop(broker: Any) -> None:
    told = payments_alone("shell", "--no-imports", "-c", ASKED)

    assert told.returncode == 0, told.stderr
    theirs = json.loads(told.stdout.splitlines()[-1])
    place = {"NAME": "theirs", "USER": "payments", "HOST": "payments.example", "PORT": 5433}
    assert {name: theirs[name] for name in place} == place
    assert theirs["OPTIONS"] == {
        "sslmode": "require",
        "options": "-c random_page_cost=1.1 -c jit=off",
        "prepare_threshold": 5,
        "server_side_binding": True,
    }
    assert (theirs["CONN_MAX_AGE"], theirs["CONN_HEALTH_CHECKS"]) == (None, True)
    assert (broker.llen("external"), broker.llen("payments:external")) == (0, 1)


def test_payments_without_a_database_of_their_own_say_so() -> None:
    told = payments_alone("check", PAYMENTS_DATABASE_URL="")

    assert told.returncode != 0
    assert "Payments need a database of their own: set PAYMENTS_DATABASE_URL" in told.stderr


def test_every_message_of_payments_goes_one_way_or_stays() -> None:
    from config.split.routes import ASKED, TOLD  # noqa: PLC0415

    every = [cls.contract.name for cls in message_classes() if cls.__module__.startswith("payments.")]

    assert sorted(every) == sorted([*ASKED, *TOLD, *STAYS_HERE])
