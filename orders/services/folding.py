"""The order from its own stream: now, at any moment of the past, or to write its row anew."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from eventbus import read_stream
from orders.errors import OrderNotFound
from orders.models import Order, OrderEvent, OrderState, fold


def fold_order(order_id: UUID, as_of: datetime | None = None) -> OrderState:
    """The order as its events tell it, up to `as_of`."""
    state = fold(
        envelope.message
        for envelope in read_stream(f"order-{order_id}", until=as_of)
        if isinstance(envelope.message, OrderEvent)
    )
    if state is None:
        raise OrderNotFound(order_id)
    return state


@transaction.atomic
def rebuild_order(order_id: UUID) -> None:
    """Write the order's row anew from its stream."""
    Order.of(fold_order(order_id)).save()
