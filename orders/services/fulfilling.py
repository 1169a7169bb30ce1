"""What happens to an order after it is placed; each verb publishes one event and keeps the row beside it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db import transaction

from eventbus import current_time, publish
from inventory import services as inventory
from inventory.events import Shortage, StockLine
from orders.events import (
    OrderCancelled,
    OrderConfirmed,
    OrderLine,
    OrderShipped,
    ReservationLost,
    ReturnRecorded,
)
from orders.models import Order, OrderEvent, OrderState, Return, accept
from orders.queries import order_state
from payments import services as payments
from payments.money import Money

# Run by the bus, thousands of times in an import, inside its own savepoints: another one per verb would
# double the statements, and none of these verbs catches a database error.
_transaction = transaction.atomic(savepoint=False)


def record(state: OrderState | None, event: OrderEvent) -> None:
    """Append the event at its order's next revision and keep the row; the table and its guards decide."""
    after = accept(state, event)
    publish(event, revision=after.revision)
    Order.keep(after)


@_transaction
def confirm_order(*, order_id: UUID) -> None:
    """Promise the goods, paid and reserved: the hold of a card's order is kept for good.

    Where that hold has run out, ReservationLost is announced instead. Harmless when confirmed before, and
    when the order was cancelled meanwhile: the request was overtaken. Raises OrderNotFound.
    """
    order = order_state(order_id)
    if order.confirmed_at or order.cancelled_at:
        return
    confirmed = OrderConfirmed(
        order_id=order_id,
        units=order.units,
        total=order.total,
        delivery=order.delivery,
        confirmed_at=current_time(),
    )
    if order.payment_method == "card" and not inventory.keep_stock(order_id=order_id):
        publish(ReservationLost(order_id=order_id))
    else:
        record(order, confirmed)


@_transaction
def ship_order(*, order_id: UUID, tracking_number: str = "") -> None:
    """The goods have left; harmless when they left before, as the same parcel.

    Raises OrderNotFound, TransitionRefused.
    """
    order = order_state(order_id)
    if order.shipped_at and order.tracking_number == tracking_number:
        return
    record(
        order,
        OrderShipped(order_id=order_id, tracking_number=tracking_number, shipped_at=current_time()),
    )


@_transaction
def cancel_order(*, order_id: UUID, reason: str, message: str = "", missing: Sequence[Shortage] = ()) -> None:
    """End the order without goods, with a sentence that tells the shopper why; harmless when it has ended so.

    Raises OrderNotFound, and TransitionRefused once the goods have left.
    """
    order = order_state(order_id)
    if order.cancelled_at:
        return
    nothing = Money.zero(order.total.currency)
    record(
        order,
        OrderCancelled(
            order_id=order_id,
            reason=reason,
            message=message or _sold_out_sentence(order, missing),
            refund=order.total if order.state == "confirmed" else nothing,
            cancelled_at=current_time(),
        ),
    )


def _sold_out_sentence(order: OrderState, missing: Sequence[Shortage]) -> str:
    titles = {line.sku: line.title for line in order.lines}
    shortages = "; ".join(
        f"{titles.get(short.sku, short.sku)} ({short.wanted} wanted, {short.available} left)"
        for short in missing
    )
    return f"Sold out before we could reserve it: {shortages or 'your items'}. Nothing was charged."


@_transaction
def record_return(
    *,
    return_id: UUID,
    number: str,
    customer_reference: str,
    lines: Sequence[OrderLine],
    refund: Money,
    reason: str = "returned",
    restock: Sequence[StockLine] | None = None,
) -> None:
    """Take goods back (all of `lines` unless `restock` says otherwise) and credit the customer's account."""
    returned = ReturnRecorded(
        return_id=return_id,
        number=number,
        customer_reference=customer_reference,
        lines=tuple(lines),
        refund=refund,
        reason=reason,
        returned_at=current_time(),
    )
    _keep_return(returned)
    publish(returned)
    back = [StockLine(sku=line.sku, quantity=line.quantity) for line in lines] if restock is None else restock
    if back:
        inventory.return_stock(return_id=return_id, lines=tuple(back), reason=reason)
    payments.credit_account(
        credit_id=return_id, customer_reference=customer_reference, amount=refund, reason=reason
    )


def _keep_return(returned: ReturnRecorded) -> None:
    Return.objects.create(
        id=returned.return_id,
        number=returned.number,
        customer_reference=returned.customer_reference,
        lines=msgspec.to_builtins(returned.lines),
        refund_amount=returned.refund.amount,
        currency=returned.refund.currency,
        reason=returned.reason,
        returned_at=returned.returned_at,
    )
