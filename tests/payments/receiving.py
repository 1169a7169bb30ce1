"""A shop that listens for webhooks: real HTTP, and a queue to wait at."""

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Webhook:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """What it says."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    def is_signed_with(self, secret: str) -> bool:
        """Whether its signature is the secret's, computed here from the definition."""
        at, digest = (part.split("=", 1)[1] for part in self.headers["Sandbox-Signature"].split(","))
        wanted = hmac.new(secret.encode(), f"{at}.".encode() + self.body, "sha256").hexdigest()
        return digest == wanted


@dataclass
class Shop:
    """Answers each webhook with the next of `answers`, then with 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    came: "Queue[Webhook]" = field(default_factory=Queue)

    def next(self) -> Webhook:
        """The next webhook; waits for it."""
        return self.came.get(timeout=20)

    def take(self, count: int) -> list[Webhook]:
        """The next few."""
        return [self.next() for _ in range(count)]


@contextmanager
def receiving() -> Iterator[Shop]:
    """A shop on a free port."""
    shop = Shop()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            shop.came.put(Webhook(self.path, dict(self.headers), body))
            self.send_response(shop.answers.pop(0) if shop.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        shop.url = f"http://127.0.0.1:{server.server_port}/hook/"
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield shop
        server.shutdown()
        serving.join()
