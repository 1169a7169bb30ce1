"""Webhooks: what happens to a charge is told to the shop, signed, until the shop has taken it.

    POST <the shop's address>
    Sandbox-Signature: t=<seconds>,v1=<HMAC-SHA256 of "<t>.<body>" with the shared secret, in hex>

    {"id": "evt_…", "type": "charge.captured", "charge": {…as GET /v1/charges/<id> shows it…}}

A webhook is noted in the transaction that it tells of, so that none is lost; it may come twice, and late.
Those of a noisy charge are kept back for a moment, and then come twice each, the last one first.
"""

import hmac
import json
import sqlite3
from collections.abc import Callable
from secrets import token_hex
from threading import Event, Thread
from time import time
from typing import Any

import httpx

from payments.sandbox.store import Store

NOISE_SECONDS = 0.5
"""How long the webhooks of a noisy charge are kept back after its last one."""
MAX_ATTEMPTS = 15
"""How often a webhook is tried before it is given up: about half an hour."""

_DUE = """
SELECT number, body, attempts FROM webhooks WHERE due <= ?
ORDER BY due, CASE noisy WHEN 1 THEN -number ELSE number END LIMIT 50
"""


def note(db: sqlite3.Connection, kind: str, charge: dict[str, Any], *, noisy: bool) -> None:
    """Have a webhook sent once the transaction is through."""
    event = json.dumps({"id": f"evt_{token_hex(12)}", "type": kind, "charge": charge})
    due = time() + (NOISE_SECONDS if noisy else 0)
    if noisy:
        db.execute("UPDATE webhooks SET due = ? WHERE charge = ? AND attempts = 0", (due, charge["id"]))
    for _ in range(2 if noisy else 1):
        db.execute(
            "INSERT INTO webhooks (charge, body, noisy, due) VALUES (?,?,?,?)",
            (charge["id"], event, noisy, due),
        )


def signature(secret: str, body: bytes, at: int) -> str:
    """What goes into the header Sandbox-Signature."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return f"t={at},v1={digest}"


class Postman:
    """Carries the webhooks to `url`, one after the other, in a thread of its own."""

    def __init__(self, store: Store, url: str, secret: str, log: Callable[[str], None]) -> None:
        self._store, self._url, self._secret, self._log = store, url, secret, log
        self._closing = Event()
        self._thread = Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin with what an earlier process left behind."""
        self._thread.start()

    def stop(self) -> None:
        """End after the webhook that is on its way."""
        self._closing.set()
        self._store.changed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=5, trust_env=False) as client:
            while not self._closing.is_set():
                self._store.changed.wait(self._seconds_to_wait())
                self._store.changed.clear()
                for number, body, attempts in self._due():
                    if self._closing.is_set():
                        return
                    self._carry(client, number, body.encode(), attempts)

    def _carry(self, client: httpx.Client, number: int, body: bytes, attempts: int) -> None:
        headers = {
            "Content-Type": "application/json",
            "Sandbox-Signature": signature(self._secret, body, int(time())),
        }
        try:
            status = client.post(self._url, content=body, headers=headers).status_code
        except httpx.HTTPError as failure:
            status = 0
            self._log(f"webhook {number}: {type(failure).__name__}: {failure}")
        taken = 200 <= status < 300
        self._log(f"webhook {number} {status}")
        with self._store.transaction() as db:
            if taken or attempts + 1 >= MAX_ATTEMPTS:
                db.execute("DELETE FROM webhooks WHERE number = ?", (number,))
            else:
                due = time() + min(0.25 * 2**attempts, 300)
                db.execute(
                    "UPDATE webhooks SET attempts = attempts + 1, due = ? WHERE number = ?", (due, number)
                )

    def _due(self) -> list[tuple[int, str, int]]:
        with self._store.transaction() as db:
            return [tuple(row) for row in db.execute(_DUE, (time(),))]

    def _seconds_to_wait(self) -> float | None:
        with self._store.transaction() as db:
            (due,) = db.execute("SELECT min(due) FROM webhooks").fetchone()
        return None if due is None else max(0.0, due - time())
