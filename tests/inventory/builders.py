"""Goods on the shelf, holds that have run out, and many clients at once on connections of their own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from time import monotonic
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from eventbus import backdated
from inventory import services
from inventory.events import StockLine
from inventory.models import Reservation, StockMovement
from inventory.queries import stock_of

Found = TypeVar("Found")
HOLD_SECONDS = 60
PATIENCE_SECONDS = 20


def lines(**quantities: int) -> tuple[StockLine, ...]:
    """Lines of SKUs and quantities."""
    return tuple(StockLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items())


def on_the_shelf(**quantities: int) -> None:
    """Receive these units."""
    services.receive_many(lines=lines(**quantities), reason="opening stock")


def counters(*skus: str) -> list[tuple[int, int]]:
    """On hand and reserved, per SKU."""
    return [(level.on_hand, level.reserved) for level in stock_of(skus).values()]


def ledger_of(order_id: UUID) -> list[tuple[str, int, int]]:
    """What has moved for an order: kind, turn, reserved units."""
    moved = StockMovement.objects.filter(reference=order_id).order_by("id")
    return list(moved.values_list("kind", "turn", "reserved_change"))


def held_too_long(order_id: UUID | None = None, /, **quantities: int) -> UUID:
    """Reserve for an order, an hour ago and for a minute."""
    order_id = order_id or uuid4()
    with backdated(timezone.now() - timedelta(hours=1)):
        services.reserve_stock(order_id=order_id, lines=lines(**quantities), hold_seconds=HOLD_SECONDS)
    return order_id


def state_of(order_id: UUID) -> str:
    """Where the order's reservation stands."""
    return Reservation.objects.get(order_id=order_id).state


def at_once(*works: Callable[[], Found]) -> Sequence[Found]:
    """Do all of this at the same time, each on a connection of its own; what each has answered, in order."""
    gate = Barrier(len(works))

    def run(work: Callable[[], Found]) -> Found:
        try:
            connection.ensure_connection()
            gate.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [outcome.result() for outcome in [pool.submit(run, work) for work in works]]


def meanwhile(work: Callable[[], Found]) -> Callable[[], Found]:
    """Start work on another connection and return once it waits for a lock; the result has its answer."""
    backend: list[int] = []

    def run() -> Found:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backend.extend(cursor.fetchone())
            return work()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    outcome = pool.submit(run)
    pool.shutdown(wait=False)
    end = monotonic() + PATIENCE_SECONDS
    while not outcome.done() and not (backend and waits_for_a_lock(backend[0])):
        assert monotonic() < end, "It neither ends nor waits for a lock."
    return partial(outcome.result, PATIENCE_SECONDS)


def waits_for_a_lock(backend: int) -> bool:
    """Does this connection wait for somebody's lock?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted", [backend])
        return bool(cursor.fetchone()[0])
