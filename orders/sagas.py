"""Checkout: from an order placed to a parcel under way, or to an honest end with everything given back.

The goods of an order paid by card are held for a while only. Where the hold runs out while the shopper is
with their bank, the goods are taken once more before the order goes on; are they gone, the order ends in a
shortfall: the money goes back, the shopper is told and the staff see it.
"""

from uuid import UUID

from django.conf import settings

from eventbus import Saga, on, on_skip
from inventory.commands import ReleaseStock, ReserveStock, ShipStock
from inventory.events import Shortage, StockLine, StockRejected, StockReserved
from inventory.queries import reservation_state
from orders.commands import CancelOrder, CancelShipment, ConfirmOrder, ScheduleShipment, ShipOrder
from orders.events import (
    CancellationRequested,
    ConfirmationOverdue,
    OrderConfirmed,
    OrderPlaced,
    PaymentOverdue,
    ReservationLost,
    ReservationOverdue,
    ShipmentRefused,
    ShipmentScheduled,
    ShippingOverdue,
)
from orders.models import OrderState
from orders.queries import order_state
from payments.commands import CancelPayment, CapturePayment, ChargeAccount
from payments.events import PaymentAuthorised, PaymentCaptured, PaymentDeclined
from payments.queries import PaymentSummary, payment_of

HOLD_SECONDS = getattr(settings, "ORDERS_HOLD_SECONDS", 20 * 60)
RESERVATION_DEADLINE_SECONDS = getattr(settings, "ORDERS_RESERVATION_DEADLINE_SECONDS", 10 * 60)
PAYMENT_DEADLINE_SECONDS = getattr(settings, "ORDERS_PAYMENT_DEADLINE_SECONDS", 15 * 60)
CONFIRMATION_DEADLINE_SECONDS = getattr(settings, "ORDERS_CONFIRMATION_DEADLINE_SECONDS", 24 * 60 * 60)
SHIPPING_DEADLINE_SECONDS = getattr(settings, "ORDERS_SHIPPING_DEADLINE_SECONDS", 24 * 60 * 60)
_GIVEN_BACK = "so we have cancelled the order, released the items and given your money back."


class Checkout(Saga, name="orders.checkout", starts=OrderPlaced):
    """Reserve, pay, confirm, ship; whatever fails takes back what was done before, the last step first.

    An order on account is between the shop and itself: nobody is waited for, and nothing can be overdue.
    """

    @on
    def reserve_stock(self, event: OrderPlaced) -> None:
        """Hold the goods before any money moves."""
        undo = ReleaseStock(order_id=event.order_id)
        if event.payment_method == "account":
            self.do(ReserveStock(order_id=event.order_id, lines=_goods(event)), undo=undo)
            return
        hold = ReserveStock(order_id=event.order_id, lines=_goods(event), hold_seconds=HOLD_SECONDS)
        self.do(hold, undo=undo)
        self.later(ReservationOverdue(order_id=event.order_id), seconds=RESERVATION_DEADLINE_SECONDS)

    @on
    def go_on_to_the_money(self, event: StockReserved) -> None:
        """Take the money the way the order says; where the goods had to be taken again, go on from there."""
        payment = payment_of(event.order_id)
        if payment is not None and payment.method == "account":
            self.do(ChargeAccount(order_id=event.order_id))
        elif payment is not None and payment.state == "captured":
            self.do(ConfirmOrder(order_id=event.order_id))
        elif payment is not None and payment.state == "authorised":
            self.do(CapturePayment(order_id=event.order_id))
        else:
            self.do(CapturePayment(order_id=event.order_id))
            self.later(PaymentOverdue(order_id=event.order_id), seconds=PAYMENT_DEADLINE_SECONDS)

    @on
    def capture(self, event: PaymentAuthorised) -> None:
        """The shopper has confirmed with their bank: take the money, if the goods are still there."""
        if reservation_state(event.order_id) == "active":
            self.do(CapturePayment(order_id=event.order_id))
        else:
            self._take_again(event.order_id)

    @on
    def confirm_order(self, event: PaymentCaptured) -> None:
        """Reserved and paid: promise the goods."""
        self.do(ConfirmOrder(order_id=event.order_id))
        if event.method == "card":
            self.later(ConfirmationOverdue(order_id=event.order_id), seconds=CONFIRMATION_DEADLINE_SECONDS)

    @on
    def take_goods_again(self, event: ReservationLost) -> None:
        """The hold ran out between the money and the promise: take the goods once more."""
        self._take_again(event.order_id)

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

    @on_skip
    def ship_by_hand(self, command: ScheduleShipment) -> None:
        """Somebody else than the carrier delivers the parcel."""
        self._let_go(command.order_id)

    @on
    def give_up_sold_out(self, event: StockRejected) -> None:
        """The goods are gone: before any money was asked for, or while the shopper was with their bank."""
        if _money_under_way(payment_of(event.order_id)):
            self._give_up(
                event.order_id,
                "shortfall",
                "Your payment took so long that we had to release your items, and they have been sold since. "
                "We have cancelled the order and give back whatever your bank has taken.",
            )
        else:
            self._give_up(event.order_id, event.reason, missing=event.missing)

    @on
    def give_up_declined(self, event: PaymentDeclined) -> None:
        """The card was refused."""
        why = event.message.rstrip(". ") or "Your card was declined"
        message = f"{why}, so we have released the items and nothing was charged."
        self._give_up(event.order_id, event.reason, message)

    @on
    def give_up_unreserved(self, event: ReservationOverdue) -> None:
        """Nobody could say in time whether the goods are there; once they are held, the order goes on."""
        if reservation_state(event.order_id) is None:
            message = (
                "We could not reserve your items in time and have cancelled the order. Nothing was charged."
            )
            self._give_up(event.order_id, "reservation_overdue", message)

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
    def give_up_unconfirmed(self, event: ConfirmationOverdue) -> None:
        """A paid order that nobody could confirm for a day; one that is confirmed goes on."""
        if order_state(event.order_id).state == "placed":
            message = f"We could not confirm your order in time, {_GIVEN_BACK}"
            self._give_up(event.order_id, "confirmation_overdue", message)

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

    @on
    def give_up_on_request(self, event: CancellationRequested) -> None:
        """The shopper has changed their mind, or staff have ended it for them; nothing has left yet."""
        asked = "You asked us to cancel this order, and we have"
        told = asked if event.requested_by.role == "shopper" else "We have cancelled this order"
        message = f"{told}: the items are released, and whatever was charged is given back."
        self._give_up(event.order_id, "cancelled_on_request", message)

    def compensate(self, key: str, reason: str) -> None:
        """Staff have ended the order; why they did stays in the shop's own records."""
        message = f"We could not complete your order, {_GIVEN_BACK}"
        self._give_up(UUID(key), "cancelled_by_staff", message)

    def _take_again(self, order_id: UUID) -> None:
        lines = _goods(order_state(order_id))
        self.do(ReserveStock(order_id=order_id, lines=lines, hold_seconds=HOLD_SECONDS))

    def _let_go(self, order_id: UUID, tracking_number: str = "") -> None:
        self.do(ShipStock(order_id=order_id))
        self.do(ShipOrder(order_id=order_id, tracking_number=tracking_number))
        self.complete()

    def _give_up(
        self, order_id: UUID, reason: str, message: str = "", missing: tuple[Shortage, ...] = ()
    ) -> None:
        self.undo_all()
        # At every ending, not only after we asked for it: the shopper may have, with another card.
        self.do(CancelPayment(order_id=order_id))
        self.do(CancelOrder(order_id=order_id, reason=reason, message=message, missing=missing))
        self.complete()


def _goods(order: OrderPlaced | OrderState) -> tuple[StockLine, ...]:
    return tuple(StockLine(sku=line.sku, quantity=line.quantity) for line in order.lines)


def _money_under_way(payment: PaymentSummary | None) -> bool:
    return payment is not None and payment.state in ("challenged", "authorised", "captured")
