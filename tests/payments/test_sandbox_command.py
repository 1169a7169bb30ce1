"""`manage.py sandbox` as a developer starts and stops it: a real process."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, load_command_class
from django.db import transaction

from payments.errors import NoProcessor
from payments.gateways import card_gateway, chosen_provider
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import a_card_payment
from tests.payments.receiving import receiving

ROOT = Path(__file__).parents[2]
CHARGE = {"id": "c1", "amount": 1234, "currency": "GBP", "card": "tok_visa"}


@contextmanager
def running(state: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A sandbox process on a free port, and its address."""
    command = [sys.executable, "manage.py", "sandbox", "--port", "0", "--state", str(state), *options]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()


def test_it_remembers_a_charge_over_a_kill_and_stops_cleanly_when_asked(tmp_path: Path) -> None:
    state = tmp_path / "state" / "sandbox.sqlite3"
    with running(state, "--webhook-url", "") as (process, url):
        before = httpx.post(f"{url}/v1/charges", json=CHARGE, trust_env=False)
        process.kill()

    with running(state, "--webhook-url", "") as (process, url):
        after = httpx.post(f"{url}/v1/charges", json=CHARGE, trust_env=False)
        process.send_signal(signal.SIGTERM)
        log, _ = process.communicate(timeout=10)

    assert (before.status_code, after.status_code) == (201, 200)
    assert after.json() == before.json()
    assert process.returncode == 0
    first, last = log.splitlines()
    assert first.startswith("POST /v1/charges 200 ")
    assert last == "Sandbox stopped."


def test_it_tells_the_shop_of_what_happens_signed_with_its_secret(tmp_path: Path) -> None:
    with receiving() as shop, running(tmp_path / "sandbox.sqlite3", "--webhook-url", shop.url) as (_, url):
        httpx.post(f"{url}/v1/charges", json=CHARGE, trust_env=False)
        webhook = shop.next()

    assert webhook.event["type"] == "charge.authorised"
    assert webhook.is_signed_with(settings.SANDBOX_WEBHOOK_SECRETS[0])


def test_by_default_it_tells_this_shop() -> None:
    parser = load_command_class("payments", "sandbox").create_parser("manage.py", "sandbox")

    assert parser.get_default("webhook_url") == f"{settings.SITE_URL}/payments/webhooks/sandbox/"


class TestInProduction:
    """There is no way to a sandbox: it would approve cards that hold no money."""

    @pytest.fixture(autouse=True)
    def production(self, settings: Any) -> None:
        settings.PRODUCTION, settings.SANDBOX_ENABLED, settings.STRIPE_SECRET_KEY = True, False, ""

    def test_the_command_refuses_to_serve(self) -> None:
        with pytest.raises(CommandError, match="no sandbox in production"):
            call_command("sandbox")

    def test_no_new_payment_goes_there(self) -> None:
        with pytest.raises(NoProcessor, match="No card processor is set up: set STRIPE_SECRET_KEY"):
            chosen_provider()

    def test_not_even_a_payment_that_began_there(self) -> None:
        with pytest.raises(NoProcessor, match="'sandbox' cannot be used here"):
            card_gateway("sandbox")

    def test_with_a_key_cards_go_to_stripe(self, settings: Any) -> None:
        settings.STRIPE_SECRET_KEY = "sk_live_1"

        assert (chosen_provider(), card_gateway().provider) == ("stripe", "stripe")

    @pytest.mark.django_db
    def test_no_order_can_be_placed_with_a_card(self) -> None:
        with pytest.raises(NoProcessor), transaction.atomic():
            a_card_payment()


def test_a_port_in_use_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    port = sandbox.url.rsplit(":", 1)[1]

    with pytest.raises(CommandError, match=rf"Port {port} cannot be used \(Address already in use\)"):
        call_command("sandbox", port=int(port), state=tmp_path / "other.sqlite3")
