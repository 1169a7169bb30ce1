"""Commands in, facts out, through the bus."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from eventbus import Command, send
from eventbus.models import Delivery
from eventbus.testing import drain, published
from inventory import services
from inventory.commands import ReleaseStock, ReserveStock, ReturnStock, ShipStock
from inventory.events import StockExpired, StockLine, StockReserved, StockReturned, StockShipped
from inventory.models import Reservation
from inventory.queries import ledger_differences
from tests.inventory.builders import counters, ledger_of, lines, on_the_shelf, state_of

pytestmark = pytest.mark.usefixtures("bus")
ORDER, RETURN = UUID(int=1), UUID(int=2)


def sent(*commands: Command, twice: bool = False) -> None:
    """Send each in a transaction of its own, and deliver."""
    for command in commands:
        with transaction.atomic():
            send(command)
    drain(twice=twice)


def dead_letters() -> list[str]:
    """Why handlers could not take what they were asked, in a line each."""
    dead = Delivery.objects.filter(state=Delivery.State.DEAD)
    return [delivery.error.splitlines()[0].partition(": ")[2] for delivery in dead]


def test_commands_delivered_twice_move_the_stock_once() -> None:
    shipped, released = uuid4(), uuid4()
    on_the_shelf(MUG=9)

    with published() as messages:
        sent(
            ReserveStock(order_id=shipped, lines=lines(MUG=2)),
            ReserveStock(order_id=released, lines=lines(MUG=2)),
            ShipStock(order_id=shipped),
            ReleaseStock(order_id=released),
            ReturnStock(return_id=RETURN, lines=lines(MUG=1), reason="chipped"),
            twice=True,
        )

    assert counters("MUG") == [(8, 0)]
    assert messages.count(StockReserved(order_id=shipped, lines=lines(MUG=2))) == 1
    assert messages.count(StockShipped(order_id=shipped, lines=lines(MUG=2))) == 1
    assert messages.count(StockReturned(return_id=RETURN, lines=lines(MUG=1), reason="chipped")) == 1
    assert (dead_letters(), ledger_differences()) == ([], [])


def test_a_hold_has_the_end_that_its_command_says() -> None:
    on_the_shelf(MUG=9)
    before = timezone.now()

    sent(ReserveStock(order_id=ORDER, lines=lines(MUG=2), hold_seconds=900))

    end = Reservation.objects.get(order_id=ORDER).expires_at
    assert end is not None
    assert before + timedelta(seconds=900) <= end <= timezone.now() + timedelta(seconds=900)


def test_a_command_without_seconds_holds_for_good() -> None:
    on_the_shelf(MUG=9)

    sent(ReserveStock(order_id=ORDER, lines=lines(MUG=2)))

    assert Reservation.objects.get(order_id=ORDER).expires_at is None


def test_a_command_sent_again_after_the_hold_ran_out_takes_the_goods_once_more() -> None:
    on_the_shelf(MUG=9)
    reserve = ReserveStock(order_id=ORDER, lines=lines(MUG=2), hold_seconds=60)

    with published() as messages:
        sent(reserve)
        services.expire_reservations(now=timezone.now() + timedelta(minutes=2))
        sent(ReserveStock(order_id=ORDER, lines=lines(MUG=2)), ShipStock(order_id=ORDER))

    facts = [type(message) for message in messages if not isinstance(message, Command)]
    assert facts == [StockReserved, StockExpired, StockReserved, StockShipped]
    assert ledger_of(ORDER)[-1] == ("shipped", 2, -2)
    assert (counters("MUG"), dead_letters()) == ([(7, 0)], [])


def test_goods_that_came_back_are_on_the_shelf_once_per_return() -> None:
    on_the_shelf(MUG=9)

    with published() as messages:
        sent(ReturnStock(return_id=RETURN, lines=lines(MUG=1) + lines(MUG=2), reason="chipped"))
        sent(ReturnStock(return_id=RETURN, lines=lines(MUG=3), reason="chipped"))

    assert messages.count(StockReturned(return_id=RETURN, lines=lines(MUG=3), reason="chipped")) == 1
    assert (counters("MUG"), dead_letters()) == ([(12, 0)], [])


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (ShipStock(order_id=ORDER), f"Order {ORDER}: no stock is reserved, so none can be shipped."),
        (
            ReserveStock(order_id=ORDER, lines=(StockLine(sku="MUG", quantity=0),)),
            "MUG: a quantity of 0 cannot be moved.",
        ),
        (
            ReserveStock(order_id=ORDER, lines=lines(MUG=2), hold_seconds=0),
            "Goods cannot be held for 0 seconds: 1 to 31,536,000 are possible, or no end at all.",
        ),
        (
            ReturnStock(return_id=RETURN, lines=lines(MUG=1), reason=""),
            "Say why stock is moved, in 1 to 200 printable characters; 0 were given.",
        ),
    ],
    ids=["ship nothing", "reserve nothing", "hold for no time", "return without a reason"],
)
def test_a_refused_command_is_a_dead_letter_that_says_why_and_moves_nothing(
    command: Command, why: str
) -> None:
    on_the_shelf(MUG=9)

    sent(command)

    assert (dead_letters(), counters("MUG")) == ([why], [(9, 0)])


def test_a_refused_command_keeps_no_other_of_its_batch_from_being_done() -> None:
    on_the_shelf(MUG=9)
    sound = uuid4()

    with transaction.atomic():
        send(
            ReserveStock(order_id=ORDER, lines=lines(MUG=-1)),
            ReserveStock(order_id=sound, lines=lines(MUG=2)),
        )
    drain()

    assert (state_of(sound), counters("MUG"), len(dead_letters())) == ("active", [(9, 2)], 1)
