"""Facts that orders announces; each carries the business time at which it became true."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from eventbus import Event, Json, upcast
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


class OrderLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line with all that it shows, as the customer agreed to it; prices include their tax.

    `tax_rate` is in basis points (2000 is 20 %), `tax` what of the line's total it comes to.
    """

    sku: str
    title: str
    quantity: int
    unit_price: Money
    slug: str = ""
    picture: str = ""
    tax_name: str = ""
    tax_rate: int = 0
    tax: Money | None = None

    @property
    def total(self) -> Money:
        """Price times quantity."""
        return self.unit_price * self.quantity


class ReturnLine(Struct, frozen=True, kw_only=True):
    """So many units of one line of an order, on their way back."""

    sku: str
    quantity: int


class CartStarted(Event, name="orders.cart_started", version=1, key="cart_id"):
    """Somebody has begun to fill a cart."""

    cart_id: UUID
    started_at: datetime


class OrderPlaced(Event, name="orders.order_placed", version=1, key="order_id"):
    """A customer has committed to buy; prices are frozen from here on.

    `tax` is what of the total is tax, goods and delivery together; None where no rule was applied.
    `customer_id` is the account that ordered, by its number alone; None for a guest.
    """

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
    shipping_name: str = ""
    tax: Money | None = None
    customer_id: int | None = None


class OrderClaimed(Event, name="orders.order_claimed", version=1, key="order_id"):
    """A guest's order belongs to an account from here on; `proof` is how that was shown: link or mailbox."""

    order_id: UUID
    customer_id: int
    proof: str
    claimed_at: datetime


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


class Requester(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who asks for something: the shopper, whose name the order has, or one of the staff by name."""

    role: Literal["shopper", "staff"]
    name: str = ""

    def __str__(self) -> str:
        return "the shopper" if self.role == "shopper" else self.name


class CancellationRequested(Event, name="orders.cancellation_requested", version=2, key="order_id"):
    """The shopper, or staff for them, wants the order called off; it is if the goods have not left."""

    order_id: UUID
    requested_by: Requester
    reason: str
    requested_at: datetime


@upcast(CancellationRequested, from_version=1)
def tell_shoppers_from_staff(data: Json) -> Json:
    """Version 1 had one text for both, so that somebody of the staff could be taken for the shopper."""
    name = data["requested_by"]
    by_shopper = name in ("the shopper", "shopper")
    return data | {"requested_by": {"role": "shopper"} if by_shopper else {"role": "staff", "name": name}}


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


class ParcelMoved(Event, name="orders.parcel_moved", version=1, key="order_id"):
    """The carrier has seen the parcel: `status` is one of its words, such as in_transit or delivered."""

    order_id: UUID
    shipment_id: UUID
    status: str
    place: str
    moved_at: datetime


class ReturnRequested(Event, name="orders.return_requested", version=1, key="order_id"):
    """The shopper wants to send goods back."""

    order_id: UUID
    return_id: UUID
    lines: tuple[ReturnLine, ...]
    reason: str
    requested_at: datetime


class ReturnReceived(Event, name="orders.return_received", version=1, key="order_id"):
    """Goods came back: `lines` arrived, `restock` of them can be sold again, `refund` is owed for them."""

    order_id: UUID
    return_id: UUID
    lines: tuple[ReturnLine, ...]
    restock: tuple[ReturnLine, ...]
    refund: Money
    received_by: str
    received_at: datetime


class ReturnRefused(Event, name="orders.return_refused", version=1, key="order_id"):
    """Staff will not take the goods back, and say why."""

    order_id: UUID
    return_id: UUID
    reason: str
    refused_by: str
    refused_at: datetime


class RefundGranted(Event, name="orders.refund_granted", version=1, key="order_id"):
    """Staff give back money for a shipped order without wanting goods: for these lines, or any sum."""

    order_id: UUID
    refund_id: UUID
    lines: tuple[ReturnLine, ...]
    amount: Money
    reason: str
    granted_by: str
    granted_at: datetime


class ReservationLost(Event, name="orders.reservation_lost", version=1, key="order_id"):
    """The order is paid, but the hold on its goods ran out before it could be confirmed."""

    order_id: UUID


class ReservationOverdue(Event, name="orders.reservation_overdue", version=1, key="order_id"):
    """The time allowed for reserving the goods is over."""

    order_id: UUID


class ConfirmationOverdue(Event, name="orders.confirmation_overdue", version=1, key="order_id"):
    """The time allowed for confirming a paid order is over."""

    order_id: UUID


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
