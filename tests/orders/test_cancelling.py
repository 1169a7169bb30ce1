"""Calling an order off: before it has left, once, whoever else is at it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic
from uuid import UUID

import pytest
from django.db import connection, transaction

from eventbus.testing import published
from orders import queries, services
from orders.errors import AlreadyShipped, OrderNotFound, OrdersError, ReasonRequired
from orders.events import CancellationRequested, OrderCancelled, OrderShipped, Requester
from orders.services.fulfilling import record
from tests.orders.builders import NOON, ORDER, a_confirmed_order, a_shipped_order, an_order_placed, pounds

pytestmark = pytest.mark.usefixtures("bus")


def cancel(order_id: UUID = ORDER, reason: str = "Changed my mind") -> None:
    services.request_cancellation(order_id=order_id, requested_by=Requester(role="shopper"), reason=reason)


def place() -> None:
    with transaction.atomic():
        record(None, an_order_placed())


@pytest.mark.parametrize("_prepare", [place, a_confirmed_order], ids=["placed", "confirmed"])
def test_an_order_that_has_not_left_can_be_called_off(_prepare: object) -> None:
    _prepare()  # type: ignore[operator]

    with published() as messages:
        cancel()

    [requested] = messages
    assert isinstance(requested, CancellationRequested)
    assert (str(requested.requested_by), requested.reason) == ("the shopper", "Changed my mind")
    assert queries.order_state(ORDER).cancellation_requested_at == requested.requested_at


def test_asking_twice_asks_once() -> None:
    a_confirmed_order()
    cancel()

    with published() as messages:
        cancel()

    assert messages == []


def test_a_cancelled_order_is_cancelled_and_that_is_all() -> None:
    place()
    with transaction.atomic():
        ending = OrderCancelled(order_id=ORDER, reason="x", message="", refund=pounds("0"), cancelled_at=NOON)
        record(queries.order_state(ORDER), ending)

    with published() as messages:
        cancel()

    assert messages == []


@pytest.mark.parametrize(
    ("_case", "order_id", "reason", "error", "sentence"),
    [
        (
            "shipped",
            ORDER,
            "Changed my mind",
            AlreadyShipped,
            "Order 7KQ4-9MXR-2C8T has left already and cannot be cancelled. "
            "You can send it back when it arrives, and get your money back.",
        ),
        ("no reason", ORDER, "  ", ReasonRequired, "Please say why."),
        ("unknown", UUID(int=9), "x", OrderNotFound, f"There is no order {UUID(int=9)}."),
    ],
)
def test_what_cannot_be_called_off_says_why_and_changes_nothing(
    _case: str, order_id: UUID, reason: str, error: type[OrdersError], sentence: str
) -> None:
    a_shipped_order()

    with published() as messages, pytest.raises(error) as refusal:
        cancel(order_id, reason)

    assert str(refusal.value) == sentence
    assert messages == []


def test_many_who_ask_at_once_ask_once() -> None:
    a_confirmed_order()
    together = Barrier(6)

    def ask() -> None:
        together.wait()
        cancel()

    with published() as messages, ThreadPoolExecutor(6) as pool:
        for asked in [pool.submit(on_a_connection, ask) for _ in range(6)]:
            asked.result()

    assert [type(message) for message in messages] == [CancellationRequested]
    assert queries.order_state(ORDER).revision == 3


def test_who_asks_while_the_parcel_leaves_is_told_that_it_has_left() -> None:
    a_confirmed_order()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            leaving = OrderShipped(order_id=ORDER, tracking_number="SB1GB", shipped_at=NOON)
            record(queries.order_state(ORDER), leaving)
            asked = pool.submit(on_a_connection, cancel)
            wait_until_somebody_waits()
        refusal = asked.exception()

    assert isinstance(refusal, AlreadyShipped)
    assert queries.order_state(ORDER).state == "shipped"


def on_a_connection(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()


def wait_until_somebody_waits() -> None:
    """Until another connection waits for what this transaction holds; a minute at most."""
    patience = monotonic() + 60
    with connection.cursor() as cursor:
        waiting = False
        while not waiting:
            assert monotonic() < patience, "Nobody waits."
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
            )
            (waiting,) = cursor.fetchone() or (False,)
