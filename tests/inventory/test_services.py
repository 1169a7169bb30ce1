"""What each verb does to the counters, the ledger and the log."""

from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from eventbus.testing import published
from inventory import services
from inventory.errors import NothingReserved, OutOfStock
from inventory.events import (
    Shortage,
    StockAdjusted,
    StockLine,
    StockLow,
    StockReceived,
    StockRejected,
    StockReleased,
    StockReserved,
    StockReturned,
    StockShipped,
)
from inventory.models import StockMovement
from inventory.queries import StockLevel, ledger_differences, reservation_state, stock_of
from tests.inventory.builders import counters, lines, on_the_shelf

pytestmark = pytest.mark.django_db
ORDER = UUID("018f0000-0000-7000-8000-000000000001")


def test_received_stock_is_on_the_shelf_and_announced_per_sku() -> None:
    with published() as events:
        services.receive_many(lines=lines(MUG=3, BOWL=2, CUP=1) + lines(MUG=4), reason="delivery 7")

    assert counters("BOWL", "CUP", "MUG") == [(2, 0), (1, 0), (7, 0)]
    assert events == [
        StockReceived(sku="BOWL", quantity=2, reason="delivery 7"),
        StockReceived(sku="CUP", quantity=1, reason="delivery 7"),
        StockReceived(sku="MUG", quantity=7, reason="delivery 7"),
    ]


def test_receiving_a_known_sku_adds_to_it() -> None:
    on_the_shelf(MUG=3)

    services.receive_stock(sku="MUG", quantity=2, reason="delivery 8")

    assert stock_of(["MUG"]) == {"MUG": StockLevel(on_hand=5, reserved=0)}


def test_a_count_is_put_right_in_both_directions() -> None:
    on_the_shelf(MUG=20)

    with published() as events:
        services.adjust_stock(sku="MUG", quantity=-3, reason="broken")
        services.adjust_stock(sku="MUG", quantity=1, reason="found")

    assert counters("MUG") == [(18, 0)]
    assert events == [
        StockAdjusted(sku="MUG", quantity=-3, reason="broken"),
        StockAdjusted(sku="MUG", quantity=1, reason="found"),
    ]


def test_what_is_reserved_cannot_be_counted_away() -> None:
    on_the_shelf(MUG=5)
    services.reserve_stock(order_id=ORDER, lines=lines(MUG=4))

    with pytest.raises(OutOfStock, match=r"^MUG: 2 wanted, 1 in stock\.$"):
        services.adjust_stock(sku="MUG", quantity=-2, reason="broken")

    assert counters("MUG") == [(5, 4)]


def test_two_lines_of_one_sku_are_reserved_as_one_in_sku_order() -> None:
    on_the_shelf(MUG=20, BOWL=20)

    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2, BOWL=1) + lines(MUG=3))

    assert counters("BOWL", "MUG") == [(20, 1), (20, 5)]
    assert events == [StockReserved(order_id=ORDER, lines=lines(BOWL=1, MUG=5))]


def test_two_lines_of_one_sku_cannot_together_take_more_than_there_is() -> None:
    on_the_shelf(MUG=4)

    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2) + lines(MUG=3))

    assert events == [
        StockRejected(
            order_id=ORDER,
            reason="out_of_stock",
            missing=(Shortage(sku="MUG", wanted=5, available=4),),
        )
    ]


def test_an_order_gets_all_that_it_wants_or_nothing() -> None:
    on_the_shelf(BOWL=9, MUG=1)

    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2, BOWL=3, GHOST=1))

    assert counters("BOWL", "MUG") == [(9, 0), (1, 0)]
    assert events == [
        StockRejected(
            order_id=ORDER,
            reason="out_of_stock",
            missing=(
                Shortage(sku="GHOST", wanted=1, available=0),
                Shortage(sku="MUG", wanted=2, available=1),
            ),
        )
    ]
    assert reservation_state(ORDER) == "rejected"


def test_reserving_again_for_the_same_order_changes_nothing() -> None:
    on_the_shelf(MUG=9)
    services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))

    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))

    assert counters("MUG") == [(9, 2)]
    assert events == []


def test_an_order_without_goods_is_reserved_at_once() -> None:
    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=())

    assert events == [StockReserved(order_id=ORDER, lines=())]


def test_a_released_order_gives_everything_back_once() -> None:
    on_the_shelf(MUG=9, BOWL=9)
    services.reserve_stock(order_id=ORDER, lines=lines(MUG=2, BOWL=1))

    with published() as events:
        services.release_stock(order_id=ORDER)
        services.release_stock(order_id=ORDER)

    assert counters("BOWL", "MUG") == [(9, 0), (9, 0)]
    assert events == [StockReleased(order_id=ORDER, lines=lines(BOWL=1, MUG=2))]


def test_a_release_that_overtakes_its_reservation_wins() -> None:
    on_the_shelf(MUG=9)

    with published() as events:
        services.release_stock(order_id=ORDER)
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))

    assert counters("MUG") == [(9, 0)]
    assert events == [StockRejected(order_id=ORDER, reason="cancelled")]


def test_shipped_goods_leave_the_shelf_once() -> None:
    on_the_shelf(MUG=9, BOWL=9)
    services.reserve_stock(order_id=ORDER, lines=lines(MUG=2, BOWL=1))

    with published() as events:
        services.ship_stock(order_id=ORDER)
        services.ship_stock(order_id=ORDER)

    assert counters("BOWL", "MUG") == [(8, 0), (7, 0)]
    assert events == [StockShipped(order_id=ORDER, lines=lines(BOWL=1, MUG=2))]


def test_shipped_goods_are_not_released() -> None:
    on_the_shelf(MUG=9)
    services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))
    services.ship_stock(order_id=ORDER)

    services.release_stock(order_id=ORDER)

    assert counters("MUG") == [(7, 0)]
    assert reservation_state(ORDER) == "shipped"


def test_nothing_can_be_shipped_that_is_not_reserved() -> None:
    with pytest.raises(NothingReserved, match=str(ORDER)), transaction.atomic():
        services.ship_stock(order_id=ORDER)

    services.release_stock(order_id=ORDER)
    with pytest.raises(NothingReserved), transaction.atomic():
        services.ship_stock(order_id=ORDER)


def test_a_return_is_booked_once() -> None:
    return_id = uuid4()

    with published() as events:
        services.return_stock(return_id=return_id, lines=lines(MUG=2) + lines(MUG=1), reason="C536379")
        services.return_stock(return_id=return_id, lines=lines(MUG=3), reason="C536379")

    assert counters("MUG") == [(3, 0)]
    assert events == [StockReturned(return_id=return_id, lines=lines(MUG=3), reason="C536379")]


def test_falling_to_the_threshold_is_announced_when_it_happens_and_not_again() -> None:
    on_the_shelf(MUG=8)

    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=3))
        services.ship_stock(order_id=ORDER)
        services.reserve_stock(order_id=uuid4(), lines=lines(MUG=1))

    low = StockLow(sku="MUG", available=5, threshold=5)
    assert [event for event in events if isinstance(event, StockLow)] == [low]


def test_every_movement_is_in_the_ledger() -> None:
    on_the_shelf(MUG=9)
    services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))
    services.ship_stock(order_id=ORDER)
    services.adjust_stock(sku="MUG", quantity=-1, reason="broken")

    ledger = StockMovement.objects.order_by("id").values_list(
        "kind", "on_hand_change", "reserved_change", "reference", "reason"
    )
    assert list(ledger) == [
        ("received", 9, 0, None, "opening stock"),
        ("reserved", 0, 2, ORDER, ""),
        ("shipped", -2, -2, ORDER, ""),
        ("adjusted", -1, 0, None, "broken"),
    ]
    assert ledger_differences() == []


@pytest.mark.parametrize(
    "change", ["UPDATE inventory_stockmovement SET on_hand_change = 0", "DELETE FROM inventory_stockmovement"]
)
def test_the_ledger_cannot_be_rewritten(change: str) -> None:
    on_the_shelf(MUG=9)

    with pytest.raises(ProgrammingError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_number_of_statements_does_not_grow_with_the_lines() -> None:
    many = tuple(StockLine(sku=f"SKU-{n:03}", quantity=2) for n in range(200))
    services.receive_many(
        lines=[StockLine(sku=line.sku, quantity=50) for line in many], reason="opening stock"
    )

    with CaptureQueriesContext(connection) as reserving:
        services.reserve_stock(order_id=ORDER, lines=many)
    with CaptureQueriesContext(connection) as shipping:
        services.ship_stock(order_id=ORDER)

    # Enter the stockroom, claim or close the reservation, move, publish.
    assert (len(reserving), len(shipping)) == (4, 4)
