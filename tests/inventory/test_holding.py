"""Holds that have an end: kept, run out, taken again; each turn's goods are given back exactly once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eventbus import backdated
from eventbus.testing import published
from inventory import services
from inventory.errors import NothingReserved
from inventory.events import (
    Shortage,
    StockExpired,
    StockRejected,
    StockReleased,
    StockReserved,
    StockShipped,
)
from inventory.models import Reservation, StockItem, StockMovement
from inventory.queries import ledger_differences, reservation_state
from tests.inventory.builders import counters, held_too_long, ledger_of, lines, on_the_shelf, state_of

pytestmark = pytest.mark.django_db
ORDER = UUID("018f0000-0000-7000-8000-000000000001")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_hold_runs_out_at_its_end_and_not_before() -> None:
    on_the_shelf(MUG=9)
    with backdated(NOON):
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2), hold_seconds=900)

    early = services.expire_reservations(now=NOON + timedelta(seconds=899))
    still = counters("MUG")
    due = services.expire_reservations(now=NOON + timedelta(seconds=900))

    assert (early, still) == (0, [(9, 2)])
    assert (due, counters("MUG"), reservation_state(ORDER)) == (1, [(9, 0)], "expired")


def test_goods_that_were_held_too_long_are_freed_and_announced_once() -> None:
    on_the_shelf(MUG=9, BOWL=9)
    held_too_long(ORDER, MUG=2, BOWL=1)

    with published() as events:
        swept = [services.expire_reservations(), services.expire_reservations()]

    assert (swept, counters("BOWL", "MUG")) == ([1, 0], [(9, 0), (9, 0)])
    assert events == [StockExpired(order_id=ORDER, lines=lines(BOWL=1, MUG=2))]
    assert ledger_differences() == []


def test_the_ledger_says_that_the_hold_ran_out() -> None:
    on_the_shelf(MUG=9)
    held_too_long(ORDER, MUG=2)
    services.expire_reservations()

    movement = StockMovement.objects.get(reference=ORDER, kind="released")
    assert (movement.reserved_change, movement.why) == (-2, "the hold ran out")


def test_a_reservation_without_an_end_never_runs_out() -> None:
    on_the_shelf(MUG=9)
    services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))

    assert services.expire_reservations(now=timezone.now() + timedelta(days=3650)) == 0
    assert counters("MUG") == [(9, 2)]


def test_a_sweep_takes_the_oldest_ends_first_and_no_more_than_its_limit() -> None:
    on_the_shelf(MUG=9)
    for minutes in (1, 3, 2):
        with backdated(NOON):
            services.reserve_stock(order_id=UUID(int=minutes), lines=lines(MUG=1), hold_seconds=60 * minutes)

    assert services.expire_reservations(2, now=NOON + timedelta(hours=1)) == 2
    assert [state_of(UUID(int=minutes)) for minutes in (1, 2, 3)] == ["expired", "expired", "active"]


def test_goods_that_are_kept_do_not_run_out_and_can_be_shipped() -> None:
    on_the_shelf(MUG=9)
    held_too_long(ORDER, MUG=2)

    with CaptureQueriesContext(connection) as statements:
        kept = services.keep_stock(ORDER)
    swept = services.expire_reservations()
    again = services.keep_stock(ORDER)
    services.ship_stock(order_id=ORDER)

    assert (kept, len(statements), swept, again) == (True, 1, 0, True)
    assert counters("MUG") == [(7, 0)]


@pytest.mark.parametrize("_case", ["never reserved", "rejected", "expired", "released", "shipped"])
def test_what_is_not_held_cannot_be_kept(_case: str) -> None:
    on_the_shelf(MUG=9)
    if _case == "rejected":
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=10), hold_seconds=60)
    elif _case != "never reserved":
        held_too_long(ORDER, MUG=2)
    if _case == "expired":
        services.expire_reservations()
    elif _case == "released":
        services.release_stock(order_id=ORDER)
    elif _case == "shipped":
        services.ship_stock(order_id=ORDER)

    with published() as events:
        assert services.keep_stock(ORDER) is False

    assert events == []
    assert reservation_state(ORDER) == (None if _case == "never reserved" else _case)


def test_goods_whose_hold_ran_out_cannot_be_shipped() -> None:
    on_the_shelf(MUG=9)
    held_too_long(ORDER, MUG=2)
    services.expire_reservations()

    with pytest.raises(NothingReserved, match=str(ORDER)), transaction.atomic():
        services.ship_stock(order_id=ORDER)

    assert counters("MUG") == [(9, 0)]


def test_goods_whose_hold_ran_out_are_taken_again_when_they_are_still_there() -> None:
    on_the_shelf(MUG=9)
    held_too_long(ORDER, MUG=2)
    services.expire_reservations()

    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))
    services.ship_stock(order_id=ORDER)

    assert events == [StockReserved(order_id=ORDER, lines=lines(MUG=2))]
    assert ledger_of(ORDER) == [
        ("reserved", 1, 2),
        ("released", 1, -2),
        ("reserved", 2, 2),
        ("shipped", 2, -2),
    ]
    assert (counters("MUG"), ledger_differences()) == ([(7, 0)], [])


def test_goods_can_run_out_and_be_taken_again_any_number_of_times() -> None:
    on_the_shelf(MUG=9)
    for _ in range(3):
        held_too_long(ORDER, MUG=2)
        services.expire_reservations()

    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2), hold_seconds=60)
        services.release_stock(order_id=ORDER)

    assert events == [
        StockReserved(order_id=ORDER, lines=lines(MUG=2)),
        StockReleased(order_id=ORDER, lines=lines(MUG=2)),
    ]
    assert ledger_of(ORDER)[-2:] == [("reserved", 4, 2), ("released", 4, -2)]
    assert (counters("MUG"), ledger_differences()) == ([(9, 0)], [])


def test_goods_that_somebody_else_took_meanwhile_are_refused_with_what_is_left() -> None:
    on_the_shelf(MUG=3)
    held_too_long(ORDER, MUG=2)
    services.expire_reservations()
    services.reserve_stock(order_id=uuid4(), lines=lines(MUG=2))

    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))

    missing = (Shortage(sku="MUG", wanted=2, available=1),)
    assert events == [StockRejected(order_id=ORDER, reason="out_of_stock", missing=missing)]
    assert (reservation_state(ORDER), counters("MUG")) == ("rejected", [(3, 2)])


def test_asking_again_while_the_goods_are_held_changes_neither_the_goods_nor_the_end() -> None:
    on_the_shelf(MUG=9)
    held_too_long(ORDER, MUG=2)
    before = Reservation.objects.values().get()

    with published() as events:
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=5), hold_seconds=3600)

    assert (events, Reservation.objects.values().get()) == ([], before)


def test_a_release_after_the_hold_ran_out_gives_nothing_back_and_lets_nothing_be_taken_again() -> None:
    on_the_shelf(MUG=9)
    held_too_long(ORDER, MUG=2)
    services.expire_reservations()

    with published() as events:
        services.release_stock(order_id=ORDER)
        services.release_stock(order_id=ORDER)
        services.reserve_stock(order_id=ORDER, lines=lines(MUG=2))

    assert events == [StockRejected(order_id=ORDER, reason="cancelled")]
    assert (counters("MUG"), reservation_state(ORDER)) == ([(9, 0)], "released")
    assert ledger_differences() == []


def test_shipped_goods_do_not_run_out() -> None:
    on_the_shelf(MUG=9)
    held_too_long(ORDER, MUG=2)

    with published() as events:
        services.ship_stock(order_id=ORDER)
        services.expire_reservations()

    assert events == [StockShipped(order_id=ORDER, lines=lines(MUG=2))]
    assert counters("MUG") == [(7, 0)]


def test_one_hold_whose_counters_were_tampered_with_does_not_keep_others_from_running_out() -> None:
    on_the_shelf(MUG=9, BOWL=9)
    broken, sound = held_too_long(MUG=2), held_too_long(BOWL=1)
    StockItem.objects.filter(sku="MUG").update(reserved=1)

    with published() as events:
        assert services.expire_reservations() == 1

    assert events == [StockExpired(order_id=sound, lines=lines(BOWL=1))]
    assert (state_of(broken), counters("BOWL", "MUG")) == ("active", [(9, 0), (9, 1)])


def test_a_sweep_with_nothing_to_do_is_one_statement() -> None:
    on_the_shelf(MUG=9)
    services.reserve_stock(order_id=ORDER, lines=lines(MUG=2), hold_seconds=60)

    with CaptureQueriesContext(connection) as statements:
        services.expire_reservations()

    looked = [query["sql"] for query in statements if "SAVEPOINT" not in query["sql"]]
    assert len(looked) == 1


def test_a_hold_adds_no_statement_to_a_reservation() -> None:
    on_the_shelf(MUG=9)

    with CaptureQueriesContext(connection) as for_good:
        services.reserve_stock(order_id=uuid4(), lines=lines(MUG=1))
    with CaptureQueriesContext(connection) as for_a_minute:
        services.reserve_stock(order_id=uuid4(), lines=lines(MUG=1), hold_seconds=60)

    # Enter the stockroom, claim the reservation, move, publish.
    assert (len(for_good), len(for_a_minute)) == (4, 4)


@pytest.mark.parametrize("kind", ["reserved", "released"])
def test_the_schema_refuses_to_move_a_turns_goods_twice(kind: str) -> None:
    on_the_shelf(MUG=9)
    held_too_long(ORDER, MUG=2)
    services.expire_reservations()
    line = StockMovement.objects.get(reference=ORDER, kind=kind)

    line.pk = None
    with pytest.raises(IntegrityError, match="movement_once_per_turn"):
        line.save(force_insert=True)


def test_the_schema_refuses_an_expiry_without_an_end() -> None:
    with pytest.raises(IntegrityError, match="reservation_had_an_end"):
        Reservation.objects.create(order_id=ORDER, state="expired", made_at=NOON, changed_at=NOON)
