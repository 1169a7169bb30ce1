"""Calling an order off before it has left; the checkout saga hears of it and takes back what was done."""

from uuid import UUID

from django.db import transaction

from eventbus import current_time
from orders.errors import AlreadyShipped, ReasonRequired
from orders.events import CancellationRequested, Requester
from orders.queries import order_state
from orders.services.conflicts import looking_again
from orders.services.fulfilling import record


@looking_again
@transaction.atomic
def request_cancellation(*, order_id: UUID, requested_by: Requester, reason: str) -> None:
    """Ask for the order to be called off; harmless when that was asked before, or is done.

    Raises OrderNotFound, ReasonRequired, and AlreadyShipped when the goods have left.
    """
    if not reason.strip():
        raise ReasonRequired
    order = order_state(order_id)
    if order.state == "shipped":
        raise AlreadyShipped(order_id, order.number)
    if order.state == "cancelled" or order.cancellation_requested_at:
        return
    requested = CancellationRequested(
        order_id=order_id, requested_by=requested_by, reason=reason.strip(), requested_at=current_time()
    )
    record(order, requested)
