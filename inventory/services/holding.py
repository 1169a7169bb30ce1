"""What is held for an order: taken, kept, given back, run out, gone out."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from eventbus import current_time, publish
from inventory.errors import CountersBroken, InvalidHold, NothingReserved, OutOfStock
from inventory.events import (
    StockExpired,
    StockLine,
    StockRejected,
    StockReleased,
    StockReserved,
    StockShipped,
)
from inventory.models import (
    Held,
    MovementKind,
    Reservation,
    ReservationState,
    claim_reservation,
    enter_stockroom,
    expire_reservation,
    keep_reservation,
    move_stock,
    overdue_reservations,
    release_reservation,
    ship_reservation,
)
from inventory.services.shelf import lines_of, low, per_sku, serve_alone, without_savepoint

LONGEST_HOLD_SECONDS = 365 * 24 * 60 * 60
RAN_OUT = "the hold ran out"
logger = logging.getLogger(__name__)


@without_savepoint
def reserve_stock(
    *, order_id: UUID, lines: Iterable[StockLine], hold_seconds: int | None = None, alone: bool = False
) -> None:
    """Hold all that an order wants, or nothing; for so many seconds, or until it is released or shipped.

    Asked again for the same order, nothing happens, unless the hold has run out: then the goods are taken
    once more, if they are there. alone: as for `serve_alone`, which is then not needed.
    Raises InvalidSku, InvalidQuantity, TooManyUnits or InvalidHold.
    """
    quantities, now = per_sku(lines), current_time()
    until = _end_of_hold(now, hold_seconds)
    enter_stockroom(alone=alone)
    turn = claim_reservation(order_id, quantities, at=now, expires_at=until)
    if turn is None:
        _answer_again(order_id)
        return
    try:
        moved = move_stock(MovementKind.RESERVED, quantities, reference=order_id, turn=turn, made_at=now)
    except OutOfStock as shortage:
        Reservation.objects.filter(order_id=order_id).update(state=ReservationState.REJECTED)
        publish(StockRejected(order_id=order_id, reason="out_of_stock", missing=shortage.missing))
    else:
        publish(StockReserved(order_id=order_id, lines=lines_of(quantities)), *low(moved))


def keep_stock(order_id: UUID) -> bool:
    """Hold an order's goods for good, whatever end was set; False when none are held any more.

    One statement. From its transaction's commit on the hold cannot run out.
    """
    return keep_reservation(order_id)


@without_savepoint
def release_stock(*, order_id: UUID, alone: bool = False) -> None:
    """Make sure that nothing is held for an order, now or later; harmless when nothing is.

    alone: as for `serve_alone`, which is then not needed.
    """
    now = current_time()
    enter_stockroom(alone=alone)
    held = release_reservation(order_id, at=now)
    if held and held.quantities:
        _move(MovementKind.RELEASED, order_id, held, now)
        publish(StockReleased(order_id=order_id, lines=lines_of(held.quantities)))


@without_savepoint
def ship_stock(*, order_id: UUID, alone: bool = False) -> None:
    """Let what is held for an order leave the shelf; harmless when it has left already.

    alone: as for `serve_alone`, which is then not needed.
    Raises NothingReserved when nothing is held: never reserved, released, or run out.
    """
    now = current_time()
    enter_stockroom(alone=alone)
    held = ship_reservation(order_id, at=now)
    if held is None:
        if Reservation.objects.filter(order_id=order_id, state=ReservationState.SHIPPED).exists():
            return
        raise NothingReserved(order_id)
    _move(MovementKind.SHIPPED, order_id, held, now)
    publish(StockShipped(order_id=order_id, lines=lines_of(held.quantities)))


@transaction.atomic
def expire_reservations(limit: int = 100, *, now: datetime | None = None) -> int:
    """Free the goods of holds that have run out, the oldest first; returns how many holds these were.

    Holds that others are just about to keep, ship or release are left to them. Any number may run at once.
    """
    now = now or current_time()
    if not overdue_reservations(at=now, limit=1, lock=False):
        return 0
    serve_alone()
    expired = [_expire(order_id, now) for order_id in overdue_reservations(at=now, limit=limit)]
    done = [event for event in expired if event]
    publish(*done)
    return len(done)


def _expire(order_id: UUID, now: datetime) -> StockExpired | None:
    try:
        with transaction.atomic():
            held = expire_reservation(order_id, at=now)
            if held is None:
                return None
            _move(MovementKind.RELEASED, order_id, held, now, reason=RAN_OUT)
    except CountersBroken:
        # It stays as it is, and is tried again at every sweep; the holds of others must not wait for it.
        logger.exception("hold_not_freed", extra={"order_id": str(order_id)})
        return None
    return StockExpired(order_id=order_id, lines=lines_of(held.quantities))


def _move(kind: MovementKind, order_id: UUID, held: Held, now: datetime, *, reason: str = "") -> None:
    move_stock(kind, held.quantities, reference=order_id, turn=held.turn, reason=reason, made_at=now)


def _end_of_hold(now: datetime, seconds: int | None) -> datetime | None:
    if seconds is None:
        return None
    if not 1 <= seconds <= LONGEST_HOLD_SECONDS:
        raise InvalidHold(seconds, LONGEST_HOLD_SECONDS)
    return now + timedelta(seconds=seconds)


def _answer_again(order_id: UUID) -> None:
    # The first answer of any other state is in the log already.
    if Reservation.objects.filter(order_id=order_id, state=ReservationState.RELEASED).exists():
        publish(StockRejected(order_id=order_id, reason="cancelled"))
