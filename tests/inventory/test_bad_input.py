"""What inventory refuses: each with an error of its own and a sentence to act on, and nothing has changed."""

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from eventbus.testing import published
from inventory import services
from inventory.errors import (
    CountersBroken,
    InvalidHold,
    InvalidQuantity,
    InvalidReason,
    InvalidSku,
    InventoryError,
    NothingReserved,
    OutOfStock,
    ReturnBookedOtherwise,
    TooManyUnits,
)
from inventory.events import StockLine
from inventory.models import MOST_UNITS, Reservation, StockItem, StockMovement
from inventory.queries import ledger_differences
from tests.inventory.builders import counters, lines, on_the_shelf

pytestmark = pytest.mark.django_db
ORDER, RETURN = UUID(int=1), UUID(int=2)
REASON = "counted twice"


def reserve(*wanted: StockLine, hold_seconds: int | None = None) -> None:
    services.reserve_stock(order_id=uuid4(), lines=wanted, hold_seconds=hold_seconds)


def refused(work: Callable[[], None]) -> InventoryError:
    """The refusal, which has left everything as it was."""
    before = snapshot()
    with published() as events, pytest.raises(InventoryError) as refusal, transaction.atomic():
        work()
    assert (events, snapshot()) == ([], before)
    return refusal.value


def snapshot() -> list[object]:
    """Every row of the room."""
    return [list(model.objects.order_by("pk").values()) for model in (StockItem, Reservation, StockMovement)]


@pytest.mark.parametrize("quantity", [0, -1, -MOST_UNITS - 1])
@pytest.mark.parametrize("verb", ["receive", "reserve", "return"])
def test_only_whole_positive_quantities_are_moved(verb: str, quantity: int) -> None:
    on_the_shelf(MUG=9)
    bad = (*lines(MUG=1), *lines(MUG=quantity))

    refusal = refused(
        {
            "receive": lambda: services.receive_many(lines=bad, reason=REASON),
            "reserve": lambda: reserve(*bad),
            "return": lambda: services.return_stock(return_id=RETURN, lines=bad, reason=REASON),
        }[verb]
    )

    assert type(refusal) is InvalidQuantity
    assert str(refusal) == f"MUG: a quantity of {quantity} cannot be moved."


def test_a_correction_of_nothing_is_refused() -> None:
    on_the_shelf(MUG=9)

    refusal = refused(lambda: services.adjust_stock(sku="MUG", quantity=0, reason=REASON))

    assert type(refusal) is InvalidQuantity


@pytest.mark.parametrize(
    ("_case", "work"),
    [
        ("receive", lambda: services.receive_stock(sku="MUG", quantity=2**31, reason=REASON)),
        ("reserve", lambda: reserve(*lines(MUG=2**31))),
        ("two lines together", lambda: reserve(*lines(MUG=2**31 - 1), *lines(MUG=1))),
        ("put up", lambda: services.adjust_stock(sku="MUG", quantity=2**31, reason=REASON)),
        ("put down", lambda: services.adjust_stock(sku="MUG", quantity=-(2**31), reason=REASON)),
        ("return", lambda: services.return_stock(return_id=RETURN, lines=lines(MUG=2**31), reason=REASON)),
    ],
)
def test_more_units_than_can_be_counted_are_refused(_case: str, work: Callable[[], None]) -> None:
    on_the_shelf(MUG=9)

    refusal = refused(work)

    assert type(refusal) is TooManyUnits
    expected = "MUG: 2,147,483,648 units are more than a shelf can count, which is 2,147,483,647."
    assert str(refusal) == expected


@pytest.mark.parametrize(
    "work",
    [
        lambda: services.receive_many(lines=lines(BOWL=1, MUG=MOST_UNITS), reason=REASON),
        lambda: services.adjust_stock(sku="MUG", quantity=MOST_UNITS, reason=REASON),
        lambda: services.return_stock(return_id=RETURN, lines=lines(MUG=MOST_UNITS), reason=REASON),
    ],
    ids=["receive", "adjust", "return"],
)
def test_a_shelf_is_not_filled_beyond_what_it_can_count(work: Callable[[], None]) -> None:
    on_the_shelf(BOWL=1, MUG=1)

    refusal = refused(work)

    assert (type(refusal), str(refusal)[:23]) == (TooManyUnits, "MUG: 2,147,483,648 unit")


def test_as_many_units_as_can_be_counted_are_received_reserved_and_shipped() -> None:
    on_the_shelf(MUG=MOST_UNITS)
    services.reserve_stock(order_id=ORDER, lines=lines(MUG=MOST_UNITS))
    services.ship_stock(order_id=ORDER)

    assert (counters("MUG"), ledger_differences()) == ([(0, 0)], [])


@pytest.mark.parametrize("sku", ["", "X" * 65, "A\x00B", "A\nB"])
@pytest.mark.parametrize("verb", ["receive", "adjust", "reserve", "return"])
def test_what_is_no_sku_is_refused(verb: str, sku: str) -> None:
    bad = (StockLine(sku=sku, quantity=1),)

    refusal = refused(
        {
            "receive": lambda: services.receive_many(lines=bad, reason=REASON),
            "adjust": lambda: services.adjust_stock(sku=sku, quantity=1, reason=REASON),
            "reserve": lambda: reserve(*bad),
            "return": lambda: services.return_stock(return_id=RETURN, lines=bad, reason=REASON),
        }[verb]
    )

    assert type(refusal) is InvalidSku
    assert str(refusal) == f"{sku!r} is no SKU: it has 1 to 64 printable characters."


@pytest.mark.parametrize("reason", ["", " \t\n", "x" * 201, "a\x00b"])
@pytest.mark.parametrize(
    "move",
    [
        lambda reason: services.receive_stock(sku="MUG", quantity=1, reason=reason),
        lambda reason: services.adjust_stock(sku="MUG", quantity=1, reason=reason),
        lambda reason: services.return_stock(return_id=RETURN, lines=lines(MUG=1), reason=reason),
    ],
    ids=["receive", "adjust", "return"],
)
def test_stock_does_not_move_without_a_reason(move: Callable[[str], None], reason: str) -> None:
    refusal = refused(lambda: move(reason))

    assert type(refusal) is InvalidReason
    assert str(refusal).startswith("Say why stock is moved, in 1 to 200 printable characters")


def test_a_reason_of_several_lines_is_written_in_one() -> None:
    services.receive_stock(sku="MUG", quantity=1, reason=" from the\n\tflood ")

    assert StockMovement.objects.get().reason == "from the flood"


@pytest.mark.parametrize("seconds", [0, -1, 365 * 24 * 3600 + 1, 10**15])
def test_goods_are_not_held_for_no_time_or_for_ever_and_a_day(seconds: int) -> None:
    on_the_shelf(MUG=9)

    refusal = refused(lambda: reserve(*lines(MUG=1), hold_seconds=seconds))

    assert type(refusal) is InvalidHold
    assert str(refusal).startswith(f"Goods cannot be held for {seconds:,} seconds: 1 to 31,536,000")


def test_what_is_not_there_cannot_be_counted_away() -> None:
    refusal = refused(lambda: services.adjust_stock(sku="GHOST", quantity=-1, reason=REASON))

    assert (type(refusal), str(refusal)) == (OutOfStock, "GHOST: 1 wanted, 0 in stock.")


@pytest.mark.parametrize(("low_at", "refusal"), [(-1, InvalidQuantity), (2**31, TooManyUnits)])
def test_an_alert_is_at_a_number_that_a_shelf_can_count(low_at: int, refusal: type[InventoryError]) -> None:
    assert type(refused(lambda: services.set_alert(sku="MUG", low_at=low_at))) is refusal


def test_what_nobody_reserved_cannot_be_shipped() -> None:
    on_the_shelf(MUG=9)

    refusal = refused(lambda: services.ship_stock(order_id=ORDER))

    assert type(refusal) is NothingReserved
    assert str(refusal) == f"Order {ORDER}: no stock is reserved, so none can be shipped."


def test_a_return_that_is_booked_cannot_be_booked_with_other_goods() -> None:
    services.return_stock(return_id=RETURN, lines=lines(MUG=2), reason=REASON)

    for other in (lines(MUG=1), lines(MUG=2, BOWL=1), lines(BOWL=2)):
        refusal = refused(partial(services.return_stock, return_id=RETURN, lines=other, reason=REASON))
        assert type(refusal) is ReturnBookedOtherwise
        assert str(refusal).startswith(f"Return {RETURN} is booked already, with other goods")


@pytest.mark.parametrize("verb", [services.release_stock, services.ship_stock], ids=["release", "ship"])
def test_counters_that_were_tampered_with_are_never_silently_put_right(
    verb: Callable[..., None],
) -> None:
    on_the_shelf(BOWL=9, MUG=9)
    services.reserve_stock(order_id=ORDER, lines=lines(BOWL=1, MUG=3))
    StockItem.objects.filter(sku="MUG").update(reserved=2)

    refusal = refused(lambda: verb(order_id=ORDER))

    assert type(refusal) is CountersBroken
    assert str(refusal) == (
        "MUG: 3 held, 2 counted as reserved. Nothing was moved; `manage.py verify_stock` shows what differs."
    )
