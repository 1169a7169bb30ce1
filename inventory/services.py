"""The verbs of inventory. Stock rows are touched last in each transaction: they are where orders meet."""

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction

from eventbus import current_time, publish
from inventory.errors import InvalidQuantity, NothingReserved, OutOfStock
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
from inventory.models import (
    Moved,
    MovementKind,
    Reservation,
    ReservationState,
    StockItem,
    StockMovement,
    claim_reservation,
    enter_stockroom,
    move_stock,
    release_reservation,
    ship_reservation,
)
from inventory.queries import stock_of

# For verbs that run thousands of times in an import, inside the transactions of orders or of the bus, and
# that refuse before they write: a savepoint of their own would only add two statements.
_transaction = transaction.atomic(savepoint=False)


def receive_stock(*, sku: str, quantity: int, reason: str) -> None:
    """Put units on the shelf; a new SKU is taken up."""
    receive_many(lines=(StockLine(sku=sku, quantity=quantity),), reason=reason)


@transaction.atomic
def receive_many(*, lines: Iterable[StockLine], reason: str) -> None:
    """Put units of many SKUs on the shelf at once."""
    quantities = _per_sku(lines)
    if not quantities:
        return
    _take_up(quantities)
    move_stock(MovementKind.RECEIVED, quantities, reason=reason, made_at=current_time())
    publish(*(StockReceived(sku=sku, quantity=count, reason=reason) for sku, count in quantities.items()))


@transaction.atomic
def adjust_stock(*, sku: str, quantity: int, reason: str) -> None:
    """Put a count right, up or down; what is reserved cannot be counted away."""
    if quantity == 0:
        raise InvalidQuantity(sku, quantity)
    _take_up((sku,))
    moved = move_stock(MovementKind.ADJUSTED, {sku: quantity}, reason=reason, made_at=current_time())
    if not moved:
        raise OutOfStock(_shortages({sku: -quantity}))
    publish(StockAdjusted(sku=sku, quantity=quantity, reason=reason), *_low(moved))


@_transaction
def reserve_stock(*, order_id: UUID, lines: Iterable[StockLine]) -> None:
    """Hold all that an order wants, or nothing. Asked again for the same order, nothing happens."""
    quantities = _per_sku(lines)
    now = current_time()
    if not claim_reservation(order_id, quantities, made_at=now):
        _answer_again(order_id)
        return
    moved = move_stock(MovementKind.RESERVED, quantities, reference=order_id, made_at=now)
    if len(moved) == len(quantities):
        publish(StockReserved(order_id=order_id, lines=_lines(quantities)), *_low(moved))
    else:
        Reservation.objects.filter(order_id=order_id).update(state=ReservationState.REJECTED)
        publish(StockRejected(order_id=order_id, reason="out_of_stock", missing=_shortages(quantities)))


@transaction.atomic
def release_stock(*, order_id: UUID) -> None:
    """Make sure that nothing is held for an order, now or later; harmless when nothing is."""
    now = current_time()
    quantities = release_reservation(order_id, at=now)
    if quantities:
        move_stock(MovementKind.RELEASED, quantities, reference=order_id, made_at=now)
        publish(StockReleased(order_id=order_id, lines=_lines(quantities)))


@transaction.atomic
def ship_stock(*, order_id: UUID) -> None:
    """Let what is held for an order leave the shelf; harmless when it has left already."""
    now = current_time()
    quantities = ship_reservation(order_id, at=now)
    if quantities is None:
        if Reservation.objects.filter(order_id=order_id, state=ReservationState.SHIPPED).exists():
            return
        raise NothingReserved(order_id)
    move_stock(MovementKind.SHIPPED, quantities, reference=order_id, made_at=now)
    publish(StockShipped(order_id=order_id, lines=_lines(quantities)))


@_transaction
def return_stock(*, return_id: UUID, lines: Iterable[StockLine], reason: str) -> None:
    """Put sold units back on the shelf; harmless for a return that is booked already."""
    quantities = _per_sku(lines)
    booked = StockMovement.objects.filter(kind=MovementKind.RETURNED, reference=return_id)
    if not quantities or booked.exists():
        return
    _take_up(quantities)
    move_stock(MovementKind.RETURNED, quantities, reference=return_id, reason=reason, made_at=current_time())
    publish(StockReturned(return_id=return_id, lines=_lines(quantities), reason=reason))


def serve_alone() -> None:
    """Let no one else move stock until the transaction ends: for a caller that moves it many times in one."""
    enter_stockroom(alone=True)


def _per_sku(lines: Iterable[StockLine]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for line in lines:
        if line.quantity <= 0:
            raise InvalidQuantity(line.sku, line.quantity)
        totals[line.sku] += line.quantity
    return dict(sorted(totals.items()))


def _lines(quantities: Mapping[str, int]) -> tuple[StockLine, ...]:
    return tuple(StockLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items())


def _take_up(skus: Iterable[str]) -> None:
    StockItem.objects.bulk_create([StockItem(sku=sku) for sku in skus], ignore_conflicts=True)


def _answer_again(order_id: UUID) -> None:
    # The first answer of any other state is in the log already.
    if Reservation.objects.filter(order_id=order_id, state=ReservationState.RELEASED).exists():
        publish(StockRejected(order_id=order_id, reason="cancelled"))


def _shortages(quantities: Mapping[str, int]) -> tuple[Shortage, ...]:
    levels = stock_of(quantities)
    return tuple(
        Shortage(sku=sku, wanted=wanted, available=levels[sku].available)
        for sku, wanted in quantities.items()
        if levels[sku].available < wanted
    )


def _low(moved: Iterable[Moved]) -> list[StockLow]:
    return [
        StockLow(sku=item.sku, available=item.available, threshold=item.low_at)
        for item in moved
        if item.fell_low
    ]
