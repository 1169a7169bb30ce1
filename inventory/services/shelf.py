"""What comes to the shelf and is counted there, and the checks that every movement goes through."""

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction

from eventbus import current_time, publish
from inventory.errors import InvalidQuantity, InvalidReason, InvalidSku, ReturnBookedOtherwise, TooManyUnits
from inventory.events import StockAdjusted, StockLine, StockLow, StockReceived, StockReturned
from inventory.models import (
    LONGEST_REASON,
    LONGEST_SKU,
    MOST_UNITS,
    Moved,
    MovementKind,
    StockItem,
    StockMovement,
    enter_stockroom,
    move_stock,
)

# For verbs that run thousands of times in an import, inside the transactions of orders or of the bus, and
# that refuse before they write: a savepoint of their own would only add two statements.
without_savepoint = transaction.atomic(savepoint=False)


def receive_stock(*, sku: str, quantity: int, reason: str) -> None:
    """Put units on the shelf; a new SKU is taken up. Refuses as `receive_many` does."""
    receive_many(lines=(StockLine(sku=sku, quantity=quantity),), reason=reason)


@transaction.atomic
def receive_many(*, lines: Iterable[StockLine], reason: str) -> None:
    """Put units of many SKUs on the shelf at once.

    Raises InvalidReason, InvalidSku, InvalidQuantity or TooManyUnits, and then nothing has moved.
    """
    quantities, why = per_sku(lines), _said(reason)
    if not quantities:
        return
    enter_stockroom()
    _take_up(quantities)
    move_stock(MovementKind.RECEIVED, quantities, reason=why, made_at=current_time())
    publish(*(StockReceived(sku=sku, quantity=count, reason=why) for sku, count in quantities.items()))


@transaction.atomic
def adjust_stock(*, sku: str, quantity: int, reason: str) -> None:
    """Put a count right, up or down; what is reserved cannot be counted away: OutOfStock.

    Raises InvalidReason, InvalidSku, InvalidQuantity (for 0) or TooManyUnits too; then nothing has moved.
    """
    if quantity == 0:
        raise InvalidQuantity(sku, quantity)
    _check(sku, abs(quantity))
    why = _said(reason)
    enter_stockroom()
    _take_up((sku,))
    moved = move_stock(MovementKind.ADJUSTED, {sku: quantity}, reason=why, made_at=current_time())
    publish(StockAdjusted(sku=sku, quantity=quantity, reason=why), *low(moved))


@without_savepoint
def return_stock(*, return_id: UUID, lines: Iterable[StockLine], reason: str) -> None:
    """Put sold units back on the shelf; harmless for a return that is booked already.

    Raises ReturnBookedOtherwise for one that was booked with other goods, and refuses as `receive_many` does.
    """
    quantities, why = per_sku(lines), _said(reason)
    if not quantities:
        return
    enter_stockroom(errand=return_id)
    booked = StockMovement.objects.filter(kind=MovementKind.RETURNED, reference=return_id)
    if found := dict(booked.values_list("item_id", "on_hand_change")):
        if found != quantities:
            raise ReturnBookedOtherwise(return_id)
        return
    _take_up(quantities)
    move_stock(MovementKind.RETURNED, quantities, reference=return_id, reason=why, made_at=current_time())
    publish(StockReturned(return_id=return_id, lines=lines_of(quantities), reason=why))


@transaction.atomic
def set_alert(*, sku: str, low_at: int) -> None:
    """Say at how many units free to sell a SKU is low; a new one is taken up.

    Raises InvalidSku, InvalidQuantity (below 0) or TooManyUnits.
    """
    if low_at < 0:
        raise InvalidQuantity(sku, low_at)
    _check(sku, low_at)
    _take_up((sku,))
    StockItem.objects.filter(sku=sku).update(low_at=low_at)


def serve_alone() -> None:
    """Let no one else move stock until the transaction ends: for a caller that moves it many times in one."""
    enter_stockroom(alone=True)


def per_sku(lines: Iterable[StockLine]) -> dict[str, int]:
    """The units of each SKU, in SKU order: lines of one SKU are one movement."""
    totals: Counter[str] = Counter()
    for line in lines:
        if line.quantity <= 0:
            raise InvalidQuantity(line.sku, line.quantity)
        totals[line.sku] += line.quantity
        _check(line.sku, totals[line.sku])
    return dict(sorted(totals.items()))


def lines_of(quantities: Mapping[str, int]) -> tuple[StockLine, ...]:
    """One line per SKU, as the room's events have them."""
    return tuple(StockLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items())


def low(moved: Iterable[Moved]) -> list[StockLow]:
    """What a movement has brought to its threshold."""
    return [
        StockLow(sku=item.sku, available=item.available, threshold=item.low_at)
        for item in moved
        if item.fell_low
    ]


def _check(sku: str, units: int) -> None:
    if not 0 < len(sku) <= LONGEST_SKU or not sku.isprintable():
        raise InvalidSku(sku, LONGEST_SKU)
    if units > MOST_UNITS:
        raise TooManyUnits(sku, units, MOST_UNITS)


def _said(reason: str) -> str:
    why = " ".join(reason.split())
    if not 0 < len(why) <= LONGEST_REASON or not why.isprintable():
        raise InvalidReason(why, LONGEST_REASON)
    return why


def _take_up(skus: Iterable[str]) -> None:
    StockItem.objects.bulk_create([StockItem(sku=sku) for sku in skus], ignore_conflicts=True)
