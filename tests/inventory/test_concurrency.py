"""Many buyers at once, on real connections."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction

from eventbus.testing import published
from inventory import handlers, services
from inventory.commands import ReserveStock
from inventory.errors import NothingReserved
from inventory.events import StockLine, StockRejected, StockReserved
from inventory.queries import StockLevel, ledger_differences, stock_of

pytestmark = pytest.mark.django_db(transaction=True)
BUYERS = 12


def at_once(*works: Callable[[], None]) -> None:
    gate = Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        for outcome in [pool.submit(run, work) for work in works]:
            outcome.result()


def buyers(count: int, lines: Iterable[StockLine]) -> list[Callable[[], None]]:
    wanted = tuple(lines)

    def buyer(order_id: UUID) -> Callable[[], None]:
        return lambda: services.reserve_stock(order_id=order_id, lines=wanted)

    return [buyer(uuid4()) for _ in range(count)]


def test_seven_units_and_twelve_buyers_give_exactly_seven_orders() -> None:
    services.receive_stock(sku="MUG", quantity=7, reason="opening stock")

    with published() as events:
        at_once(*buyers(BUYERS, [StockLine(sku="MUG", quantity=1)]))

    assert sum(isinstance(event, StockReserved) for event in events) == 7
    assert sum(isinstance(event, StockRejected) for event in events) == BUYERS - 7
    assert stock_of(["MUG"]) == {"MUG": StockLevel(on_hand=7, reserved=7)}
    assert ledger_differences() == []


def test_buyers_of_the_same_things_in_another_order_do_not_deadlock_or_oversell() -> None:
    skus = [f"SKU-{n:02}" for n in range(20)]
    services.receive_many(lines=[StockLine(sku=sku, quantity=15) for sku in skus], reason="opening stock")
    forwards = [StockLine(sku=sku, quantity=2) for sku in skus]

    with published() as events:
        at_once(*buyers(6, forwards), *buyers(6, reversed(forwards)))

    assert sum(isinstance(event, StockReserved) for event in events) == 7
    assert set(stock_of(skus).values()) == {StockLevel(on_hand=15, reserved=14)}
    assert ledger_differences() == []


def test_one_order_asked_for_many_times_at_once_is_reserved_once() -> None:
    services.receive_stock(sku="MUG", quantity=9, reason="opening stock")
    same = buyers(1, [StockLine(sku="MUG", quantity=2)])[0]

    at_once(*[same] * BUYERS)

    assert stock_of(["MUG"]) == {"MUG": StockLevel(on_hand=9, reserved=2)}


def test_release_and_shipping_at_once_end_in_one_of_the_two() -> None:
    services.receive_stock(sku="MUG", quantity=9, reason="opening stock")
    order_id = uuid4()
    services.reserve_stock(order_id=order_id, lines=[StockLine(sku="MUG", quantity=2)])

    def ship() -> None:
        try:
            services.ship_stock(order_id=order_id)
        except NothingReserved:
            return

    at_once(ship, lambda: services.release_stock(order_id=order_id))

    assert stock_of(["MUG"])["MUG"] in (StockLevel(9, 0), StockLevel(7, 0))
    assert ledger_differences() == []


def test_batches_of_orders_in_one_transaction_do_not_deadlock() -> None:
    skus = [f"SKU-{n:02}" for n in range(30)]
    services.receive_many(lines=[StockLine(sku=sku, quantity=90) for sku in skus], reason="opening stock")

    def batch(order: Iterable[str]) -> None:
        with transaction.atomic():
            for sku in order:
                handlers.reserve_stock(
                    ReserveStock(order_id=uuid4(), lines=(StockLine(sku=sku, quantity=1),))
                )

    def returned() -> None:
        for _ in range(30):
            lines = [StockLine(sku=sku, quantity=1) for sku in skus]
            services.return_stock(return_id=uuid4(), lines=lines, reason="chipped")

    backwards = skus[::-1]
    at_once(lambda: batch(skus), lambda: batch(backwards), lambda: batch(backwards), returned)

    assert set(stock_of(skus).values()) == {StockLevel(on_hand=120, reserved=3)}
    assert ledger_differences() == []


def test_a_movement_waits_outside_while_a_batch_is_at_work() -> None:
    def impatient() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            services.return_stock(
                return_id=uuid4(), lines=[StockLine(sku="MUG", quantity=1)], reason="chipped"
            )

    with transaction.atomic():
        services.serve_alone()
        at_once(impatient)
