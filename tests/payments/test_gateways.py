"""The sandbox's adapter passes the suite of all gateways, over HTTP, and knows an outage from an answer."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from eventbus import DependencyDown
from payments.gateways import CardGateway, Charge, card_gateway
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import PRICE
from tests.payments.gateway_contract import (
    BACK,
    Bank,
    Cards,
    ChallengeContract,
    GatewayContract,
    GivingBackContract,
    Till,
)


class SandboxBank:
    """The sandbox's own page, as a browser would use it."""

    def confirm(self, payment_id: UUID, charge: Charge) -> None:
        """Press Confirm."""
        self._press("confirm", charge)

    def refuse(self, payment_id: UUID, charge: Charge) -> None:
        """Press Refuse."""
        self._press("refuse", charge)

    def _press(self, button: str, charge: Charge) -> None:
        answer = httpx.post(charge.challenge_url, data={"answer": button}, trust_env=False)
        assert (answer.status_code, answer.headers["location"]) == (303, BACK)


@pytest.fixture
def cards() -> Cards:
    return Cards("tok_visa", "tok_declined", "tok_insufficient", "tok_timeout", "tok_down", "tok_challenge")


@pytest.fixture
def gateway(sandbox: Sandbox) -> CardGateway:
    return card_gateway()


@pytest.fixture
def till(gateway: CardGateway) -> Till:
    return Till(gateway)


@pytest.fixture
def bank() -> Bank:
    return SandboxBank()


class TestSandboxGateway(GatewayContract, ChallengeContract, GivingBackContract):
    """The adapter against the real server."""


def test_a_wallet_is_captured_at_once(till: Till) -> None:
    taken = till.authorise("tok_instant")

    assert (taken.status, taken.captured) == ("captured", PRICE)
    assert till.capture() == taken


def test_a_wallet_may_be_challenged_first(till: Till, bank: Bank) -> None:
    bank.confirm(till.payment_id, till.authorise("tok_wallet"))

    assert (till.find().status, till.find().captured) == ("captured", PRICE)


def test_a_refused_connection_is_an_outage_that_ends(sandbox: Sandbox, till: Till) -> None:
    before = till.take("tok_visa")
    sandbox.stop()
    for ask in (till.find, till.cancel, till.capture):
        with pytest.raises(DependencyDown):
            ask()

    sandbox.start()

    assert till.take("tok_visa") == before


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, "<h1>Bad gateway</h1>"), (200, "<h1>Hotel Wi-Fi</h1>"), (429, "{}"), (200, "[]")],
)
def test_what_no_processor_says_is_an_outage(status: int, body: str, settings: Any) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        settings.SANDBOX_URL = f"http://127.0.0.1:{server.server_port}"
        answering = Thread(target=server.handle_request)
        answering.start()

        with pytest.raises(DependencyDown):
            card_gateway().authorise(payment_id=uuid4(), amount=PRICE, card_token="tok_visa", return_url="")
        answering.join()
