"""The sandbox's adapter passes the suite of all gateways, over HTTP, and knows an outage from an answer."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from eventbus import DependencyDown
from payments.gateways import CardGateway, card_gateway
from tests.fixtures.sandbox import Sandbox
from tests.payments.builders import PRICE
from tests.payments.gateway_contract import Cards, GatewayContract


@pytest.fixture
def cards() -> Cards:
    return Cards("tok_visa", "tok_declined", "tok_insufficient", "tok_timeout", "tok_down")


@pytest.fixture
def gateway(sandbox: Sandbox) -> CardGateway:
    return card_gateway()


class TestSandboxGateway(GatewayContract):
    """The adapter against the real server."""


def test_a_refused_connection_is_an_outage_that_ends(sandbox: Sandbox, gateway: CardGateway) -> None:
    payment_id = uuid4()
    before = gateway.charge(payment_id=payment_id, amount=PRICE, card_token="tok_visa")
    sandbox.stop()
    with pytest.raises(DependencyDown):
        gateway.charge(payment_id=payment_id, amount=PRICE, card_token="tok_visa")

    sandbox.start()

    assert gateway.charge(payment_id=payment_id, amount=PRICE, card_token="tok_visa") == before


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
            card_gateway().charge(payment_id=uuid4(), amount=PRICE, card_token="tok_visa")
        answering.join()
