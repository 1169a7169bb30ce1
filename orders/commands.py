"""Requests that orders accepts through the bus; the checkout saga sends them."""

from uuid import UUID

from eventbus import Command
from inventory.events import Shortage
from payments.money import Money


class ConfirmOrder(Command, name="orders.confirm_order", version=1, key="order_id"):
    """The order is reserved and paid: promise the goods."""

    order_id: UUID


class CancelOrder(Command, name="orders.cancel_order", version=1, key="order_id"):
    """End the order; `message` is the sentence for the shopper, written from `missing` when stock ran out."""

    order_id: UUID
    reason: str
    message: str = ""
    missing: tuple[Shortage, ...] = ()


class ScheduleShipment(Command, name="orders.schedule_shipment", version=1, key="order_id"):
    """Book the parcel with the carrier."""

    order_id: UUID


class CancelShipment(Command, name="orders.cancel_shipment", version=1, key="order_id"):
    """No parcel of this order may leave; harmless when none was booked."""

    order_id: UUID


class ShipOrder(Command, name="orders.ship_order", version=1, key="order_id"):
    """The goods leave; an order with its own delivery has no tracking number."""

    order_id: UUID
    tracking_number: str = ""


class SendMail(Command, name="orders.send_mail", version=1, key="order_id"):
    """Write to the customer, once per event: `template` names the mail, `event_id` what it tells of.

    `amount` and `note` are what the mail says beside the order: what was given back, why it was refused.
    """

    order_id: UUID
    template: str
    event_id: UUID
    amount: Money | None = None
    note: str = ""


class SendMailAgain(Command, name="orders.send_mail_again", version=1, key="order_id"):
    """Send a mail that was sent before once more, word for word, once per request."""

    order_id: UUID
    notification_id: int
    request_id: UUID


class WarnOfLowStock(Command, name="orders.warn_of_low_stock", version=1, key="sku"):
    """Tell the staff what to order soon, once per event."""

    sku: str
    available: int
    threshold: int
    event_id: UUID
