"""HTTP around the sandbox: routes, JSON answers, one log line per request."""

import json
import re
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RD, socket
from threading import Event
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from payments.sandbox import carrier, challenge, outages, processor
from payments.sandbox.answers import Answer, Problem
from payments.sandbox.store import Store
from payments.sandbox.webhooks import Postman

MAX_BODY_BYTES = 65_536
_WORD = re.compile(r"[!-~]{1,128}")


def health(store: Store, body: bytes) -> Answer:
    """Whether the server and its memory work."""
    with store.transaction() as db:
        db.execute("SELECT 1")
    return Answer(200, {"status": "ok"})


ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", r"/health", health),
    ("POST", r"/v1/charges", processor.create_charge),
    ("GET", r"/v1/charges/(?P<charge>[\w-]+)", processor.show_charge),
    ("POST", r"/v1/charges/(?P<charge>[\w-]+)/capture", processor.capture_charge),
    ("POST", r"/v1/charges/(?P<charge>[\w-]+)/cancel", processor.cancel_charge),
    ("POST", r"/v1/charges/(?P<charge>[\w-]+)/refunds", processor.refund_charge),
    ("GET", r"/challenge/(?P<reference>[\w-]+)", challenge.show_challenge),
    ("POST", r"/challenge/(?P<reference>[\w-]+)", challenge.answer_challenge),
    ("POST", r"/v1/shipments", carrier.create_shipment),
    ("GET", r"/v1/shipments/(?P<shipment>[\w-]+)", carrier.show_shipment),
    ("DELETE", r"/v1/shipments/(?P<shipment>[\w-]+)", carrier.cancel_shipment),
    ("POST", r"/v1/shipments/(?P<shipment>[\w-]+)/cancel", carrier.cancel_shipment),
    ("POST", r"/v1/shipments/(?P<shipment>[\w-]+)/step", carrier.step_shipment),
    ("POST", r"/v1/tracking", carrier.track_shipments),
    ("POST", r"/v1/outages", outages.set_outage),
)


def answer(store: Store, method: str, path: str, body: bytes) -> Answer:
    """What the sandbox says to a request."""
    try:
        action, ids = _route(method, path)
        outages.need_power(store, path)
        return action(store, body, **ids)
    except Problem as problem:
        return problem.answer


def _route(method: str, path: str) -> tuple[Callable[..., Answer], dict[str, str]]:
    matches = [(verb, action, re.fullmatch(pattern, path)) for verb, pattern, action in ROUTES]
    found = {verb: (action, match.groupdict()) for verb, action, match in matches if match}
    if not found:
        raise Problem(404, "unknown_path", f"There is nothing at {path}.")
    if method not in found:
        raise Problem(405, "method_not_allowed", f"{path} takes {' and '.join(sorted(found))}.")
    return found[method]


class SandboxServer(ThreadingHTTPServer):
    """Serves on loopback until it is closed.

    late_seconds: how long a late answer is held back. webhooks: the address that hears of every charge, and
    the secret that they are signed with; without it they wait.
    """

    request_queue_size = 128
    daemon_threads = False

    def __init__(
        self,
        port: int,
        state: Path,
        late_seconds: float,
        log: Callable[[str], None],
        webhooks: tuple[str, str] | None = None,
    ) -> None:
        self.store = Store(state)
        self.late_seconds, self.log = late_seconds, log
        self.closing = Event()
        self._connections: set[socket] = set()
        self._postman = Postman(self.store, *webhooks, log) if webhooks else None
        super().__init__(("127.0.0.1", port), _Requests)
        self.store.url = self.url
        if self._postman:
            self._postman.start()

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that closing the server can end it."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Stop listening, finish what is being answered, hang up on idle callers and close the file."""
        self.closing.set()
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(SHUT_RD)
        super().server_close()
        if self._postman:
            self._postman.stop()
        self.store.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that hang up, above all those who did not wait for a late answer."""
        self.log(f"{client_address[0]} {type(sys.exception()).__name__}: {sys.exception()}")


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    error_content_type = "application/json"
    error_message_format = '{"error": {"code": "bad_request", "message": "%(message)s"}}'
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: SandboxServer

    def _serve(self) -> None:
        started = perf_counter()
        reply = self._answer()
        if reply.late:
            self.server.closing.wait(self.server.late_seconds)
        self._send(reply)
        milliseconds = (perf_counter() - started) * 1000
        told = self.headers.get("X-Request-ID", "")
        story = f" request_id={told}" if _WORD.fullmatch(told) else ""
        self.server.log(f"{self.command} {self.path} {reply.status} {milliseconds:.1f}ms{story}")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _answer(self) -> Answer:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return Problem(413, "body_too_large", f"At most {MAX_BODY_BYTES} bytes, please.").answer
        body = self.rfile.read(int(length))
        try:
            return answer(self.server.store, self.command, urlsplit(self.path).path, body)
        except Exception:
            self.server.log(traceback.format_exc())
            return Problem(500, "internal_error", "The sandbox failed; its log says why.").answer

    def _send(self, reply: Answer) -> None:
        payload = reply.page.encode() or json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if reply.page else "application/json")
        if reply.location:
            self.send_header("Location", reply.location)
        self.send_header("Content-Length", str(len(payload)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: `_serve` writes the one line."""
