"""What orders does when a message arrives."""

from collections.abc import Generator
from contextlib import contextmanager

from django.conf import settings

from eventbus import Envelope, Record, Reject, handles, subscribe
from inventory.events import StockLow
from orders import services
from orders.commands import CancelOrder, CancelShipment, ConfirmOrder, ScheduleShipment, ShipOrder
from orders.errors import OrdersError
from orders.events import OrderCancelled, OrderConfirmed, OrderShipped

_PAYMENT_REASONS = {"card_declined", "insufficient_funds", "payment_overdue"}


@handles
def confirm_order(command: ConfirmOrder) -> None:
    """Promise the goods."""
    with _refusals():
        services.confirm_order(order_id=command.order_id)


@handles
def ship_order(command: ShipOrder) -> None:
    """Let the goods leave."""
    with _refusals():
        services.ship_order(order_id=command.order_id, tracking_number=command.tracking_number)


@handles
def cancel_order(command: CancelOrder) -> None:
    """End the order and say why."""
    with _refusals():
        services.cancel_order(
            order_id=command.order_id,
            reason=command.reason,
            message=command.message,
            missing=command.missing,
        )


@handles(external=True)
def schedule_shipment(command: ScheduleShipment) -> Record | None:
    """Book the parcel with the carrier."""
    with _refusals():
        return services.schedule_shipment(order_id=command.order_id)


@handles(external=True)
def cancel_shipment(command: CancelShipment) -> None:
    """Call the parcel off."""
    services.cancel_shipment(order_id=command.order_id)


@subscribe(external=True)
def mail_confirmation(event: OrderConfirmed, envelope: Envelope) -> Record | None:
    """Tell the customer that the goods are promised."""
    return services.notify_customer(order_id=event.order_id, template="confirmation", message_id=envelope.id)


@subscribe(external=True)
def mail_shipped(event: OrderShipped, envelope: Envelope) -> Record | None:
    """Tell the customer that the parcel is under way."""
    return services.notify_customer(order_id=event.order_id, template="shipped", message_id=envelope.id)


@subscribe(external=True)
def mail_cancelled(event: OrderCancelled, envelope: Envelope) -> Record | None:
    """Tell the customer why nothing will come; after a failed payment, how to try again."""
    template = "payment_failed" if event.reason in _PAYMENT_REASONS else "cancelled"
    return services.notify_customer(order_id=event.order_id, template=template, message_id=envelope.id)


@subscribe(external=True)
def mail_low_stock(event: StockLow, envelope: Envelope) -> Record | None:
    """Tell the staff what to order soon."""
    return services.notify(
        recipient=getattr(settings, "STAFF_EMAIL", "staff@example.com"),
        template="low_stock",
        message_id=envelope.id,
        context={"stock": event},
    )


@contextmanager
def _refusals() -> Generator[None]:
    """What orders refuses it would refuse again: no retry can help."""
    try:
        yield
    except OrdersError as refusal:
        raise Reject(str(refusal)) from refusal
