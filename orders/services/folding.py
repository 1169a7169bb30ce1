"""Writing the rows of orders anew from their streams."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from eventbus import ArchivedStream
from orders.errors import OrderNotFound
from orders.models import SCHEMA, Order, OrderHistoryRow, OrderState
from orders.queries import order_as_of


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of an order in which its row is not what its events say."""

    order_id: UUID
    field: str
    row: object
    events: object

    def __str__(self) -> str:
        return f"order {self.order_id}: {self.field} is {self.row!r}, its events say {self.events!r}"


@transaction.atomic
def rebuild_orders(order_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Drop these orders' rows and fold them back, in one transaction: nobody sees them missing.

    Answers with those that stay as they are, and why: their events are archived, or there are none.
    An event published meanwhile is not lost: it waits for the row, and finds it or writes it whole.
    """
    wanted, states, left = list(order_ids), [], {}
    _lock(wanted)
    for order_id in wanted:
        try:
            states.append(order_as_of(order_id))
        except (OrderNotFound, ArchivedStream) as reason:
            left[order_id] = str(reason)
    _replace(states)
    return left


def every_order(after: UUID | None = None) -> Iterator[UUID]:
    """The ids of all orders, in order, behind `after`; also of those whose row is missing."""
    rows = Order.objects.order_by("pk").values_list("pk", flat=True)
    missing = _missing().order_by("order_id").values_list("order_id", flat=True)
    if after:
        rows, missing = rows.filter(pk__gt=after), missing.filter(order_id__gt=after)
    return merge(rows.iterator(), missing.iterator())


def stale() -> Iterator[UUID]:
    """The ids of the orders whose row is missing or of another schema; until rebuilt, events stand in."""
    yield from Order.objects.exclude(schema=SCHEMA).values_list("pk", flat=True).iterator()
    yield from _missing().values_list("order_id", flat=True).iterator()


def differences(order_id: UUID) -> Iterator[Difference]:
    """Every field in which the order's row is not what its events add up to."""
    row = Order.objects.filter(pk=order_id).first()
    try:
        told = Order.of(order_as_of(order_id))
    except (OrderNotFound, ArchivedStream) as reason:
        yield Difference(order_id, "row", row and row.number, str(reason))
        return
    if row is None:
        yield Difference(order_id, "row", None, told.number)
        return
    for field in Order._meta.concrete_fields:
        kept, folded = (_plain(getattr(one, field.attname)) for one in (row, told))
        if kept != folded:
            yield Difference(order_id, field.attname, kept, folded)


def _lock(order_ids: list[UUID]) -> None:
    list(Order.objects.select_for_update().filter(pk__in=order_ids).order_by("pk").values_list("pk"))


def _replace(states: list[OrderState]) -> None:
    Order.objects.filter(pk__in=[state.order_id for state in states]).delete()
    # A row that was missing, and that an event has written meanwhile, is newer than this fold.
    Order.objects.bulk_create([Order.of(state) for state in states], ignore_conflicts=True)


def _missing() -> QuerySet[OrderHistoryRow]:
    kept = Order.objects.filter(pk=OuterRef("order_id"))
    return OrderHistoryRow.objects.exclude(number="").exclude(Exists(kept))


def _plain(value: object) -> object:
    """As it comes back from the database, where tuples are lists."""
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value
