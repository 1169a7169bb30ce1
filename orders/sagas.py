"""Checkout: from an order placed to a parcel under way, or to an honest end with everything given back."""

from uuid import UUID

from django.conf import settings

from eventbus import Saga, on
from inventory.commands import ReleaseStock, ReserveStock, ShipStock
from inventory.events import StockLine, StockRejected, StockReserved
from orders.commands import CancelOrder, CancelShipment, ConfirmOrder, ScheduleShipment, ShipOrder
from orders.events import (
    OrderConfirmed,
    OrderPlaced,
    PaymentOverdue,
    ShipmentRefused,
    ShipmentScheduled,
    ShippingOverdue,
)
from payments.commands import CancelPayment, CapturePayment, ChargeAccount
from payments.events import PaymentCaptured, PaymentDeclined
from payments.queries import payment_of

PAYMENT_DEADLINE_SECONDS = getattr(settings, "ORDERS_PAYMENT_DEADLINE_SECONDS", 15 * 60)
SHIPPING_DEADLINE_SECONDS = getattr(settings, "ORDERS_SHIPPING_DEADLINE_SECONDS", 24 * 60 * 60)
_GIVEN_BACK = "so we have cancelled the order, released the items and given your money back."


class Checkout(Saga, name="orders.checkout", starts=OrderPlaced):
    """Reserve, pay, confirm, ship; whatever fails takes back what was done before, the last step first."""

    @on
    def reserve_stock(self, event: OrderPlaced) -> None:
        """Hold the goods before any money moves."""
        lines = tuple(StockLine(sku=line.sku, quantity=line.quantity) for line in event.lines)
        self.do(
            ReserveStock(order_id=event.order_id, lines=lines), undo=ReleaseStock(order_id=event.order_id)
        )

    @on
    def take_payment(self, event: StockReserved) -> None:
        """Take the money the way the order says."""
        undo = CancelPayment(order_id=event.order_id)
        payment = payment_of(event.order_id)
        if payment is not None and payment.method == "account":
            self.do(ChargeAccount(order_id=event.order_id), undo=undo)
            return
        self.do(CapturePayment(order_id=event.order_id), undo=undo)
        self.later(PaymentOverdue(order_id=event.order_id), seconds=PAYMENT_DEADLINE_SECONDS)

    @on
    def confirm_order(self, event: PaymentCaptured) -> None:
        """Reserved and paid: promise the goods."""
        self.do(ConfirmOrder(order_id=event.order_id))

    @on
    def hand_to_shipping(self, event: OrderConfirmed) -> None:
        """Book a carrier; an order with its own delivery leaves at once."""
        if event.delivery == "own":
            self._let_go(event.order_id)
            return
        self.do(ScheduleShipment(order_id=event.order_id), undo=CancelShipment(order_id=event.order_id))
        self.later(ShippingOverdue(order_id=event.order_id), seconds=SHIPPING_DEADLINE_SECONDS)

    @on
    def ship(self, event: ShipmentScheduled) -> None:
        """The carrier has it."""
        self._let_go(event.order_id, event.tracking_number)

    @on
    def give_up_sold_out(self, event: StockRejected) -> None:
        """Nothing was reserved, and the payment that was asked for will not be needed."""
        self.undo_all()
        self.do(CancelPayment(order_id=event.order_id))
        self.do(CancelOrder(order_id=event.order_id, reason=event.reason, missing=event.missing))
        self.complete()

    @on
    def give_up_declined(self, event: PaymentDeclined) -> None:
        """The card was refused."""
        why = event.message.rstrip(". ") or "Your card was declined"
        message = f"{why}, so we have released the items and nothing was charged."
        self._give_up(event.order_id, event.reason, message)

    @on
    def give_up_unpaid(self, event: PaymentOverdue) -> None:
        """The payment took too long; a capture that was announced meanwhile goes on."""
        payment = payment_of(event.order_id)
        if payment is not None and payment.state == "captured":
            return
        message = (
            "Your payment could not be completed in time, so we have released the items. "
            "Should your bank have taken money, it is given back."
        )
        self._give_up(event.order_id, "payment_overdue", message)

    @on
    def give_up_refused(self, event: ShipmentRefused) -> None:
        """The carrier will not deliver there."""
        message = f"The carrier could not accept your parcel ({event.reason.rstrip('.')}), {_GIVEN_BACK}"
        self._give_up(event.order_id, "shipment_refused", message)

    @on
    def give_up_unshipped(self, event: ShippingOverdue) -> None:
        """No carrier could be reached in time."""
        self._give_up(
            event.order_id, "shipping_overdue", f"We could not find a carrier in time, {_GIVEN_BACK}"
        )

    def _let_go(self, order_id: UUID, tracking_number: str = "") -> None:
        self.do(ShipStock(order_id=order_id))
        self.do(ShipOrder(order_id=order_id, tracking_number=tracking_number))
        self.complete()

    def _give_up(self, order_id: UUID, reason: str, message: str) -> None:
        self.undo_all()
        self.do(CancelOrder(order_id=order_id, reason=reason, message=message))
        self.complete()
