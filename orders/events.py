"""Facts that orders announces; each carries the business time at which it became true."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from eventbus import Event
from payments.money import Money


class CustomerSnapshot(Struct, frozen=True, kw_only=True):
    """Who buys, as they were then; a wholesale customer has a reference instead of an e-mail address."""

    name: str
    email: str = ""
    reference: str = ""


class Address(Struct, frozen=True, kw_only=True):
    """Where the parcel goes."""

    line1: str
    line2: str = ""
    city: str
    postcode: str
    country: str = "United Kingdom"


class OrderLine(Struct, frozen=True, kw_only=True):
    """One line with the title and the price the customer agreed to."""

    sku: str
    title: str
    quantity: int
    unit_price: Money

    @property
    def total(self) -> Money:
        """Price times quantity."""
        return self.unit_price * self.quantity


class OrderPlaced(Event, name="orders.order_placed", version=1, key="order_id"):
    """A customer has committed to buy; prices are frozen from here on."""

    order_id: UUID
    number: str
    customer: CustomerSnapshot
    lines: tuple[OrderLine, ...]
    shipping: Money
    total: Money
    payment_method: str
    delivery: str
    placed_at: datetime
    address: Address | None = None
    cart_id: UUID | None = None


class OrderConfirmed(Event, name="orders.order_confirmed", version=1, key="order_id"):
    """Stock is reserved and the money is in: the shop owes the goods, by carrier or by its own delivery."""

    order_id: UUID
    units: int
    total: Money
    delivery: str
    confirmed_at: datetime


class OrderShipped(Event, name="orders.order_shipped", version=1, key="order_id"):
    """The goods have left; an order with its own delivery has no tracking number."""

    order_id: UUID
    shipped_at: datetime
    tracking_number: str = ""


class OrderCancelled(Event, name="orders.order_cancelled", version=1, key="order_id"):
    """The order ends without goods; `message` is for the shopper, `refund` what a confirmed one returns."""

    order_id: UUID
    reason: str
    message: str
    refund: Money
    cancelled_at: datetime


class ShipmentScheduled(Event, name="orders.shipment_scheduled", version=1, key="order_id"):
    """The carrier has accepted the parcel."""

    order_id: UUID
    shipment_id: UUID
    tracking_number: str


class ShipmentRefused(Event, name="orders.shipment_refused", version=1, key="order_id"):
    """The carrier will not deliver to this address."""

    order_id: UUID
    shipment_id: UUID
    reason: str


class PaymentOverdue(Event, name="orders.payment_overdue", version=1, key="order_id"):
    """The time allowed for the payment is over."""

    order_id: UUID


class ShippingOverdue(Event, name="orders.shipping_overdue", version=1, key="order_id"):
    """The time allowed for finding a carrier is over."""

    order_id: UUID


class ReturnRecorded(Event, name="orders.return_recorded", version=1, key="return_id"):
    """Goods came back and their price was credited to the customer's account."""

    return_id: UUID
    number: str
    customer_reference: str
    lines: tuple[OrderLine, ...]
    refund: Money
    reason: str
    returned_at: datetime
