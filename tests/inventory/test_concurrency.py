"""Many buyers at once, on real connections."""

from collections.abc import Callable, Iterable
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction

from eventbus.testing import published
from inventory import handlers, services
from inventory.commands import ReserveStock
from inventory.errors import NothingReserved, OutOfStock
from inventory.events import Shortage, StockLine, StockRejected, StockReserved, StockReturned
from inventory.queries import StockLevel, ledger_differences, stock_of
from tests.inventory.builders import at_once, counters, lines, meanwhile, on_the_shelf

pytestmark = pytest.mark.usefixtures("bus")
BUYERS = 12
CLIENTS = 64


def buyers(count: int, lines: Iterable[StockLine]) -> list[Callable[[], None]]:
    """So many buyers of these lines, each with an order of their own."""
    wanted = tuple(lines)

    def buyer(order_id: UUID) -> Callable[[], None]:
        return lambda: services.reserve_stock(order_id=order_id, lines=wanted)

    return [buyer(uuid4()) for _ in range(count)]


def in_turn(*works: Callable[[], None]) -> Callable[[], None]:
    """A client that does one thing after the other."""

    def client() -> None:
        for work in works:
            work()

    return client


@pytest.mark.parametrize(
    ("_case", "units", "wanted", "orders"),
    [
        ("the last units", 7, {"MUG": 1}, 7),
        ("half of them", 128, {"MUG": 1}, 128),
        ("two each, and one is left over", 101, {"MUG": 2}, 50),
        ("enough for all", 256, {"MUG": 1}, 256),
        ("nothing", 0, {"MUG": 1}, 0),
    ],
)
def test_so_many_units_give_exactly_so_many_orders_at_64_clients(
    _case: str, units: int, wanted: dict[str, int], orders: int
) -> None:
    if units:
        on_the_shelf(MUG=units)
    everybody = buyers(4 * CLIENTS, lines(**wanted))

    with published() as events:
        at_once(*[in_turn(*everybody[n::CLIENTS]) for n in range(CLIENTS)])

    sold = orders * wanted["MUG"]
    assert sum(isinstance(event, StockReserved) for event in events) == orders
    assert sum(isinstance(event, StockRejected) for event in events) == 4 * CLIENTS - orders
    assert counters("MUG") == [(units, sold)]
    assert {str(s) for e in events if isinstance(e, StockRejected) for s in e.missing} <= {
        f"MUG: {wanted['MUG']} wanted, {left} in stock." for left in range(wanted["MUG"])
    }
    assert all(event.missing for event in events if isinstance(event, StockRejected))
    assert ledger_differences() == []


def test_two_lines_of_one_sku_are_one_even_when_many_want_them() -> None:
    on_the_shelf(MUG=20, BOWL=99)
    both = (*lines(MUG=1, BOWL=1), *lines(MUG=2))

    with published() as events:
        at_once(*buyers(BUYERS, both))

    assert sum(isinstance(event, StockReserved) for event in events) == 6
    assert counters("MUG", "BOWL") == [(20, 18), (99, 6)]
    assert ledger_differences() == []


@pytest.mark.parametrize("buyers_first", [True, False])
def test_a_count_is_put_down_during_a_checkout_and_whoever_comes_second_is_refused(
    buyers_first: bool,
) -> None:
    on_the_shelf(MUG=5)
    (buy,) = buyers(1, lines(MUG=4))

    def count_down() -> tuple[Shortage, ...]:
        try:
            services.adjust_stock(sku="MUG", quantity=-3, reason="broken")
        except OutOfStock as refusal:
            return refusal.missing
        return ()

    first, second = (buy, count_down) if buyers_first else (count_down, buy)
    with published() as events:
        with transaction.atomic():
            first()
            answer = meanwhile(second)
        refused = answer()

    if buyers_first:
        assert refused == (Shortage(sku="MUG", wanted=3, available=1),)
        assert counters("MUG") == [(5, 4)]
    else:
        rejected = [event for event in events if isinstance(event, StockRejected)]
        assert [event.missing for event in rejected] == [(Shortage(sku="MUG", wanted=4, available=2),)]
        assert counters("MUG") == [(2, 0)]
    assert ledger_differences() == []


def test_counting_down_while_many_buy_never_takes_what_is_reserved() -> None:
    on_the_shelf(MUG=40)
    refused: list[str] = []

    def count_down() -> None:
        try:
            services.adjust_stock(sku="MUG", quantity=-1, reason="broken")
        except OutOfStock as refusal:
            refused.append(str(refusal))

    with published() as events:
        at_once(*buyers(32, lines(MUG=1)), *[count_down] * 32)

    bought = sum(isinstance(event, StockReserved) for event in events)
    assert bought + 32 - len(refused) == 40
    assert counters("MUG") == [(40 - 32 + len(refused), bought)]
    assert set(refused) <= {"MUG: 1 wanted, 0 in stock."}
    assert ledger_differences() == []


def test_one_return_booked_many_times_at_once_is_on_the_shelf_once() -> None:
    return_id = uuid4()

    def book() -> None:
        services.return_stock(return_id=return_id, lines=lines(MUG=2, BOWL=1), reason="chipped")

    with published() as events:
        at_once(*[book] * BUYERS)

    assert [type(event) for event in events] == [StockReturned]
    assert counters("MUG", "BOWL") == [(2, 0), (1, 0)]


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
