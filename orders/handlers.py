"""What orders does when a message arrives."""

from collections.abc import Generator
from contextlib import contextmanager
from uuid import UUID

import msgspec
from django.conf import settings

from eventbus import Envelope, Record, Reject, handles, send, subscribe
from inventory.events import StockLow
from orders import services
from orders.commands import (
    CancelOrder,
    CancelShipment,
    ConfirmOrder,
    ScheduleShipment,
    SendMail,
    ShipOrder,
    WarnOfLowStock,
)
from orders.errors import OrdersError
from orders.events import OrderCancelled, OrderConfirmed, OrderShipped
from orders.gateways import CARRIER
from orders.services.notifying import MAIL_SERVER

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


@handles(external=True, dependency=CARRIER)
def schedule_shipment(command: ScheduleShipment) -> Record | None:
    """Book the parcel with the carrier."""
    with _refusals():
        return services.schedule_shipment(order_id=command.order_id)


@handles(external=True, dependency=CARRIER)
def cancel_shipment(command: CancelShipment) -> None:
    """Call the parcel off."""
    services.cancel_shipment(order_id=command.order_id)


@subscribe
def ask_for_confirmation(event: OrderConfirmed, envelope: Envelope) -> None:
    """Have the customer told that the goods are promised."""
    _ask_for_mail(event.order_id, "confirmation", envelope)


@subscribe
def ask_for_shipping_note(event: OrderShipped, envelope: Envelope) -> None:
    """Have the customer told that the parcel is under way."""
    _ask_for_mail(event.order_id, "shipped", envelope)


@subscribe
def ask_for_apology(event: OrderCancelled, envelope: Envelope) -> None:
    """Have the customer told why nothing will come; after a failed payment, how to try again."""
    template = "payment_failed" if event.reason in _PAYMENT_REASONS else "cancelled"
    _ask_for_mail(event.order_id, template, envelope)


def _ask_for_mail(order_id: UUID, template: str, envelope: Envelope) -> None:
    if not _is_history(envelope):
        send(SendMail(order_id=order_id, template=template, event_id=envelope.id))


@handles(external=True, dependency=MAIL_SERVER)
def send_mail(command: SendMail) -> Record | None:
    """Write to the customer."""
    return services.notify_customer(
        order_id=command.order_id, template=command.template, message_id=command.event_id
    )


@subscribe
def ask_for_more_stock(event: StockLow, envelope: Envelope) -> None:
    """Have the staff told what to order soon."""
    if not _is_history(envelope):
        send(WarnOfLowStock(**msgspec.structs.asdict(event), event_id=envelope.id))


@handles(external=True, dependency=MAIL_SERVER)
def warn_of_low_stock(command: WarnOfLowStock) -> Record | None:
    """Write to the staff."""
    return services.notify(
        recipient=getattr(settings, "STAFF_EMAIL", "staff@example.com"),
        template="low_stock",
        message_id=command.event_id,
        context={"stock": command},
    )


def _is_history(envelope: Envelope) -> bool:
    """Whether this was imported from the past, which nobody wants mail about."""
    return envelope.backdated


@contextmanager
def _refusals() -> Generator[None]:
    """What orders refuses it would refuse again: no retry can help."""
    try:
        yield
    except OrdersError as refusal:
        raise Reject(str(refusal)) from refusal
