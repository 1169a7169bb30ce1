"""The Order aggregate: its stream is the truth, the `Order` row is its fold kept beside it."""

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from typing import Self
from uuid import UUID

import msgspec
from django.db import models

from eventbus import Event
from orders.errors import TransitionRefused
from orders.events import (
    Address,
    CustomerSnapshot,
    OrderCancelled,
    OrderConfirmed,
    OrderLine,
    OrderPlaced,
    OrderShipped,
)
from payments.money import Money

LINK_SALT = "orders.link"

OrderEvent = OrderPlaced | OrderConfirmed | OrderShipped | OrderCancelled

TRANSITIONS: dict[tuple[str, type[Event]], str] = {
    ("", OrderPlaced): "placed",
    ("placed", OrderConfirmed): "confirmed",
    ("placed", OrderCancelled): "cancelled",
    ("confirmed", OrderShipped): "shipped",
    ("confirmed", OrderCancelled): "cancelled",
}
STATES = tuple(dict.fromkeys(TRANSITIONS.values()))


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """An order at one revision of its stream."""

    order_id: UUID
    number: str
    state: str
    revision: int
    customer: CustomerSnapshot
    address: Address | None
    lines: tuple[OrderLine, ...]
    shipping: Money
    total: Money
    payment_method: str
    delivery: str
    cart_id: UUID | None
    placed_at: datetime
    confirmed_at: datetime | None = None
    shipped_at: datetime | None = None
    cancelled_at: datetime | None = None
    tracking_number: str = ""
    reason: str = ""
    message: str = ""

    @property
    def units(self) -> int:
        """How many pieces, over all lines."""
        return sum(line.quantity for line in self.lines)


def evolve(state: OrderState | None, event: OrderEvent) -> OrderState:
    """The state after the event; refuses what the transition table does not list."""
    after = _transition(state, event)
    if isinstance(event, OrderPlaced):
        return OrderState(state=after, revision=1, **msgspec.structs.asdict(event))
    assert state is not None
    return msgspec.structs.replace(state, state=after, revision=state.revision + 1, **_changes(event))


def fold(events: Iterable[OrderEvent]) -> OrderState | None:
    """The state that the events add up to; None before the first."""
    return reduce(evolve, events, None)


def _transition(state: OrderState | None, event: OrderEvent) -> str:
    before = state.state if state else ""
    after = TRANSITIONS.get((before, type(event)))
    if after is None:
        allowed = tuple(kind.__name__ for (start, kind) in TRANSITIONS if start == before)
        raise TransitionRefused(event.order_id, before, type(event).__name__, allowed)
    return after


def _changes(event: OrderConfirmed | OrderShipped | OrderCancelled) -> dict[str, object]:
    match event:
        case OrderConfirmed():
            return {"confirmed_at": event.confirmed_at}
        case OrderShipped():
            return {"shipped_at": event.shipped_at, "tracking_number": event.tracking_number}
        case OrderCancelled():
            return {"cancelled_at": event.cancelled_at, "reason": event.reason, "message": event.message}


class Order(models.Model):
    """The newest fold of one order's stream; can be deleted and rebuilt, identical."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=10, choices=[(state, state) for state in STATES])
    revision = models.PositiveIntegerField()
    cart_id = models.UUIDField(null=True, unique=True)
    customer = models.JSONField()
    address = models.JSONField(null=True)
    lines = models.JSONField()
    shipping_amount = models.BigIntegerField()
    total_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payment_method = models.CharField(max_length=10)
    delivery = models.CharField(max_length=10)
    placed_at = models.DateTimeField(db_index=True)
    confirmed_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    tracking_number = models.CharField(max_length=40)
    reason = models.CharField(max_length=40)
    message = models.TextField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="orders_order_state_known"),
            models.CheckConstraint(condition=models.Q(revision__gte=1), name="orders_order_revision_from_1"),
        )

    def __str__(self) -> str:
        return self.number

    @classmethod
    def of(cls, state: OrderState) -> Self:
        """The row of this state, not saved."""
        columns = {name: getattr(state, name) for name in _SAME}
        return cls(
            id=state.order_id,
            customer=msgspec.to_builtins(state.customer),
            address=msgspec.to_builtins(state.address),
            lines=msgspec.to_builtins(state.lines),
            shipping_amount=state.shipping.amount,
            total_amount=state.total.amount,
            currency=state.total.currency,
            **columns,
        )

    def fold(self) -> OrderState:
        """The state that this row keeps."""
        return OrderState(
            order_id=self.id,
            customer=msgspec.convert(self.customer, CustomerSnapshot),
            address=msgspec.convert(self.address, Address | None),
            lines=msgspec.convert(self.lines, tuple[OrderLine, ...]),
            shipping=Money(self.shipping_amount, self.currency),
            total=Money(self.total_amount, self.currency),
            **{name: getattr(self, name) for name in _SAME},
        )

    @classmethod
    def keep(cls, state: OrderState) -> None:
        """Bring the row to this state, within the transaction that publishes its event."""
        if state.revision == 1:
            cls.of(state).save(force_insert=True)
        else:
            moved = {name: getattr(state, name) for name in _MOVING}
            cls.objects.filter(pk=state.order_id, revision=state.revision - 1).update(**moved)


_MOVING = (
    "state",
    "revision",
    "confirmed_at",
    "shipped_at",
    "cancelled_at",
    "tracking_number",
    "reason",
    "message",
)
_SAME = (*_MOVING, "number", "cart_id", "payment_method", "delivery", "placed_at")
