"""HTTP around the Stripe double, on 127.0.0.1."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

from tests.payments.stripe_double import JSON, StripeDouble

KEY = "sk_test_double"


class _Requests(BaseHTTPRequestHandler):
    wbufsize = -1
    timeout = 30
    server: "_Server"

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        key = self.headers.get("Idempotency-Key", "")
        double = self.server.double
        double.told.append(self.headers.get("X-Request-ID"))
        if self.headers["Authorization"] != f"Bearer {KEY}":
            status, shown, replay = (
                401,
                {"error": {"type": "invalid_request_error", "message": "Key?"}},
                False,
            )
        else:
            status, shown, replay = double.answer(self.command, parts.path, body or parts.query, key)
        if "payment_method=pm_slow" in body and status == 200 and not replay:
            self.server.closing.wait(30)
        self._send(status, shown, replay)

    do_GET = do_POST = _serve  # noqa: N815

    def _send(self, status: int, shown: JSON, replay: bool) -> None:
        payload = json.dumps(shown).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        if replay:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, double: StripeDouble) -> None:
        self.double, self.closing = double, Event()
        super().__init__(("127.0.0.1", 0), _Requests)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that hang up, above all those who did not wait for a late answer."""


@contextmanager
def serving() -> Iterator[StripeDouble]:
    """A double that answers at `url`."""
    double = StripeDouble()
    server = _Server(double)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield double
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()
