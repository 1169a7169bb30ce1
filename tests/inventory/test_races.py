"""A hold that runs out at the very moment at which it is kept, shipped, released or taken again.

Every pair is raced many times on real connections, and then in each of its two orders, with the second
waiting for, or passing by, the transaction of the first.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from eventbus.testing import published
from inventory import services
from inventory.errors import NothingReserved
from inventory.events import StockExpired, StockReleased, StockReserved, StockShipped
from inventory.models import Reservation
from inventory.queries import ledger_differences
from tests.inventory.builders import (
    at_once,
    counters,
    held_too_long,
    ledger_of,
    lines,
    meanwhile,
    on_the_shelf,
    state_of,
)

pytestmark = pytest.mark.usefixtures("bus")
ROUNDS = 20


def sweep() -> int:
    """Let run out whatever is due."""
    return services.expire_reservations()


def ship(order_id: UUID) -> bool:
    """Whether the goods could leave."""
    try:
        services.ship_stock(order_id=order_id)
    except NothingReserved:
        return False
    return True


def take_again(order_id: UUID) -> None:
    """Ask for the goods once more, for good."""
    held = Reservation.objects.get(order_id=order_id)
    wanted = dict(zip(held.skus, held.quantities, strict=True))
    services.reserve_stock(order_id=order_id, lines=lines(**wanted))


def release(order_id: UUID) -> None:
    """Give the goods back."""
    services.release_stock(order_id=order_id)


class Race(NamedTuple):
    """How it ended when a hold of two units ran out while something else was done about it."""

    order_id: UUID
    swept: int
    answer: object
    events: list[object]
    counters: tuple[int, int]
    out: StockExpired


def races(work: Callable[[UUID], object]) -> Iterator[Race]:
    """Race this with a sweep, again and again, each time about the only two units of another SKU."""
    for number in range(ROUNDS):
        sku = f"MUG-{number}"
        on_the_shelf(**{sku: 2})
        order_id = held_too_long(**{sku: 2})
        with published() as events:
            swept, answer = at_once(sweep, partial(work, order_id))
        assert isinstance(swept, int)
        out = StockExpired(order_id=order_id, lines=lines(**{sku: 2}))
        yield Race(order_id, swept, answer, list(events), counters(sku)[0], out)
        services.release_stock(order_id=order_id)
    assert ledger_differences() == []


def test_a_hold_that_is_kept_while_it_runs_out_is_kept_or_lost_and_the_caller_knows() -> None:
    for race in races(services.keep_stock):
        assert (race.answer, race.swept) in {(True, 0), (False, 1)}
        assert state_of(race.order_id) == ("active" if race.answer else "expired")
        assert race.counters == (2, 2 if race.answer else 0)
        assert race.events == ([] if race.answer else [race.out])


def test_a_hold_that_is_shipped_while_it_runs_out_leaves_or_stays() -> None:
    for race in races(ship):
        assert (race.answer, race.swept) in {(True, 0), (False, 1)}
        assert state_of(race.order_id) == ("shipped" if race.answer else "expired")
        assert race.counters == ((0, 0) if race.answer else (2, 0))
        left = StockShipped(order_id=race.order_id, lines=race.out.lines)
        assert race.events == [left if race.answer else race.out]


def test_a_hold_that_is_released_while_it_runs_out_is_given_back_once() -> None:
    for race in races(release):
        released = StockReleased(order_id=race.order_id, lines=race.out.lines)
        assert race.events == [race.out if race.swept else released]
        assert state_of(race.order_id) == "released"
        assert ledger_of(race.order_id) == [("reserved", 1, 2), ("released", 1, -2)]
        assert race.counters == (2, 0)


def test_a_hold_that_is_asked_for_again_while_it_runs_out_runs_out_and_may_be_taken_anew() -> None:
    for race in races(take_again):
        assert race.swept == 1
        taken = StockReserved(order_id=race.order_id, lines=race.out.lines)
        if state_of(race.order_id) == "active":
            assert (race.events, race.counters) == ([race.out, taken], (2, 2))
        else:
            assert (race.events, race.counters) == ([race.out], (2, 0))


def test_several_sweeps_at_once_let_every_hold_run_out_exactly_once() -> None:
    on_the_shelf(MUG=100, BOWL=100)
    due = {held_too_long(MUG=1, BOWL=2) for _ in range(40)}

    with published() as events:
        swept = at_once(*[partial(services.expire_reservations, limit=7)] * 8)
        while count := services.expire_reservations(limit=7):
            swept = [*swept, count]

    assert sum(swept) == 40
    assert sorted(e.order_id for e in events if isinstance(e, StockExpired)) == sorted(due)
    assert len(events) == 40
    assert counters("MUG", "BOWL") == [(100, 0), (100, 0)]
    assert ledger_differences() == []


def test_everything_at_once_ends_well_for_every_order() -> None:
    on_the_shelf(MUG=200)
    orders = [held_too_long(MUG=2) for _ in range(20)]
    verbs: list[Callable[[UUID], object]] = [services.keep_stock, ship, release, take_again]

    def one_verb(number: int) -> None:
        for order_id in orders[number:] + orders[:number]:
            verbs[number % 4](order_id)

    with published() as events:
        at_once(*[partial(one_verb, n) for n in range(8)], *[sweep] * 4)

    left = sum(isinstance(event, StockShipped) for event in events)
    assert {state_of(order_id) for order_id in orders} <= {"shipped", "released"}
    assert counters("MUG") == [(200 - 2 * left, 0)]
    for order_id in orders:
        turns = [turn for kind, turn, _ in ledger_of(order_id) if kind != "reserved"]
        assert turns == list(range(1, len(turns) + 1))
    assert ledger_differences() == []


@pytest.mark.parametrize(
    ("work", "answer", "state"),
    [(services.keep_stock, False, "expired"), (ship, False, "expired"), (release, None, "released")],
    ids=["keep", "ship", "release"],
)
def test_whoever_comes_while_a_sweep_is_at_work_waits_and_finds_the_goods_gone(
    work: Callable[[UUID], object], answer: object, state: str
) -> None:
    on_the_shelf(MUG=2)
    order_id = held_too_long(MUG=2)

    with transaction.atomic():
        assert sweep() == 1
        outcome = meanwhile(partial(work, order_id))

    assert (outcome(), state_of(order_id), counters("MUG")) == (answer, state, [(2, 0)])
    assert ledger_of(order_id) == [("reserved", 1, 2), ("released", 1, -2)]


def test_a_sweep_passes_by_what_is_just_being_kept_and_waits_for_nobody() -> None:
    on_the_shelf(MUG=9)
    kept, due = held_too_long(MUG=2), held_too_long(MUG=1)

    with transaction.atomic():
        assert services.keep_stock(kept)
        swept = at_once(impatient_sweep)

    assert swept == [1]
    assert (state_of(kept), state_of(due)) == ("active", "expired")
    assert sweep() == 0
    assert counters("MUG") == [(9, 2)]


def impatient_sweep() -> int:
    """Sweep without waiting for any lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    return sweep()


def test_a_batch_of_the_bus_and_a_direct_call_about_the_same_order_do_not_deadlock() -> None:
    on_the_shelf(MUG=9)
    order_id = uuid4()
    services.reserve_stock(order_id=order_id, lines=lines(MUG=2))

    with transaction.atomic():
        services.serve_alone()
        outcome = meanwhile(partial(ship, order_id))
        services.release_stock(order_id=order_id)

    assert (outcome(), state_of(order_id), counters("MUG")) == (False, "released", [(9, 0)])
