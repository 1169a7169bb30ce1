"""A transaction that has published and then sits idle, for as long as it is told to."""

import threading

from django.db import connection, transaction

from tests.benchmarks.systems.business import IDLE_SHELF, sell
from tests.benchmarks.systems.contract import Count, system

_open, _over = threading.Event(), threading.Event()
_threads: list[threading.Thread] = []


def hold(*, publishes: bool) -> None:
    """Open the transaction: it has written a row, and published where a system publishes inside of it."""
    _open.clear()
    _over.clear()
    _threads.append(threading.Thread(target=_sit, args=(publishes,), daemon=True))
    _threads[-1].start()
    assert _open.wait(30), "the idle transaction could not be opened"


def release() -> None:
    """Roll it back."""
    _over.set()
    while _threads:
        _threads.pop().join(30)


def _sit(publishes: bool) -> None:
    with transaction.atomic():
        sell(0, IDLE_SHELF)
        if publishes:
            system().publish(Count("idle", 0))
        _open.set()
        _over.wait()
        transaction.set_rollback(True)
    connection.close()
