"""The sandbox's memory: one SQLite file, so that what was charged is still known after a restart."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock

_SCHEMA = """
CREATE TABLE IF NOT EXISTS charges (
    id TEXT PRIMARY KEY, reference TEXT NOT NULL, status TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, card TEXT NOT NULL,
    captured INTEGER NOT NULL DEFAULT 0, refunded INTEGER NOT NULL DEFAULT 0,
    authorised INTEGER NOT NULL DEFAULT 0, return_url TEXT NOT NULL DEFAULT '',
    challenge_url TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '',
    CHECK (refunded BETWEEN 0 AND captured)
);
CREATE TABLE IF NOT EXISTS webhooks (
    number INTEGER PRIMARY KEY, charge TEXT NOT NULL, body TEXT NOT NULL, noisy INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, charge TEXT NOT NULL REFERENCES charges, amount INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS shipments (
    id TEXT PRIMARY KEY, tracking_number TEXT NOT NULL, status TEXT NOT NULL, address TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS scans (
    shipment TEXT NOT NULL REFERENCES shipments, number INTEGER NOT NULL,
    status TEXT NOT NULL, place TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (shipment, number)
);
"""
# Columns that the charges of older sandboxes do not have.
_ADDED = {
    "authorised": "INTEGER NOT NULL DEFAULT 0",
    "return_url": "TEXT NOT NULL DEFAULT ''",
    "challenge_url": "TEXT NOT NULL DEFAULT ''",
    "reason": "TEXT NOT NULL DEFAULT ''",
    "message": "TEXT NOT NULL DEFAULT ''",
}


class Store:
    """One connection, one transaction at a time. `changed` is set when one wrote; `url` is the server's."""

    url = ""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing; only a machine that loses power may forget the last moments.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)
        self._upgrade()
        self.changed = Event()
        self.outages: dict[str, float] = {}

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and alone: what the block reads cannot change under it."""
        with self._lock:
            before = self._connection.total_changes
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
            if self._connection.total_changes > before:
                self.changed.set()

    def _upgrade(self) -> None:
        present = {row["name"] for row in self._connection.execute("PRAGMA table_info(charges)")}
        for column, kind in _ADDED.items():
            if column not in present:
                self._connection.execute(f"ALTER TABLE charges ADD COLUMN {column} {kind}")

    def close(self) -> None:
        """Close the file once no transaction is under way."""
        with self._lock:
            self._connection.close()
