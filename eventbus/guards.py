"""The guard: no database transaction is open while a handler talks to somebody else.

A transaction that waits for a network holds its row locks, a connection and the horizon of vacuum for as long
as the other side likes. `EVENTBUS["GUARD"]` (default: on where settings.DEBUG is) makes it an error to open a
network connection while a consumer runs inside a transaction of the default database: `NetworkInTransaction`
names the consumer, the address and the cure. It listens to Python's own audit event, so that it catches every
client, caches and brokers too: those are somebody else as well, and what they are told before the commit may
never become true.

What it does not see: a connection that was opened before and is kept alive (Python announces no sending), the
connections that C libraries open by themselves (libpq's, to any database), sockets of the file system, and
threads that a consumer starts. It costs every audit event of the process a Python call: leave it off in
production.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from socket import socket
from typing import Any

from django.conf import settings
from django.db import connection

from eventbus.errors import NetworkInTransaction

_consumer: ContextVar[str] = ContextVar("eventbus_consumer", default="")


def enabled() -> bool:
    """Whether EVENTBUS["GUARD"] is on."""
    return bool(getattr(settings, "EVENTBUS", {}).get("GUARD", settings.DEBUG))


@cache
def install() -> None:
    """Begin to watch this process for good; Python has no way to end it."""
    sys.addaudithook(_watch)


@contextmanager
def running(consumer: str) -> Generator[None]:
    """The code inside belongs to a subscription."""
    token = _consumer.set(consumer)
    try:
        yield
    finally:
        _consumer.reset(token)


def current_consumer() -> str:
    """The subscription whose code is running, or nothing."""
    return _consumer.get()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and (consumer := _consumer.get()):
        _refuse_in_transaction(consumer, *arguments)


def _refuse_in_transaction(consumer: str, opening: socket, address: Any) -> None:
    if isinstance(address, str | bytes) or not connection.in_atomic_block or not enabled():
        return
    opening.close()  # clients tidy up after an OSError only, and would take one for an outage
    raise NetworkInTransaction(
        f"{consumer} opened a connection to {address[0]}:{address[1]} inside a database transaction, which "
        f"would hold its locks for as long as the other side takes. Declare the handler external=True and "
        f"return what it records, or call out where no transaction.atomic is open."
    )
