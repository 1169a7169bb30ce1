"""How orders come along, day by day, and how the last cards fared: for whoever keeps an eye on the shop."""

from collections.abc import Iterable
from datetime import datetime

from eventbus import Envelope, Projection, on
from orders.events import CartStarted, OrderCancelled, OrderConfirmed, OrderPlaced, OrderShipped
from orders.models import CardPulseRow, ShopDayRow
from orders.projections.sales import london_day
from payments.events import (
    PaymentCaptured,
    PaymentChallenged,
    PaymentDeclined,
    PaymentDuplicated,
    RefundFailed,
)

LATEST_CARDS = 100
CARDS = "card"

_Step = CartStarted | OrderPlaced | OrderConfirmed | OrderShipped | OrderCancelled
_CardNews = PaymentCaptured | PaymentDeclined | PaymentChallenged | PaymentDuplicated | RefundFailed


class ShopDays(Projection, name="orders.shop_days"):
    """How many carts and orders took each step on a day in London, and why orders failed."""

    row = ShopDayRow

    def keys(self, event: _Step) -> Iterable[str]:
        """The day it happened, like 2010-12-01."""
        yield str(london_day(_at(event)))

    @on
    def filled(self, row: ShopDayRow, event: CartStarted) -> None:
        """Somebody has begun to pick."""
        row.carts += 1
        _stamp(row, event)

    @on
    def placed(self, row: ShopDayRow, event: OrderPlaced) -> None:
        """Somebody has ordered."""
        row.placed += 1
        _stamp(row, event)

    @on
    def paid(self, row: ShopDayRow, event: OrderConfirmed) -> None:
        """The money is in, and the goods are promised."""
        row.paid += 1
        _stamp(row, event)

    @on
    def shipped(self, row: ShopDayRow, event: OrderShipped) -> None:
        """The goods have left."""
        row.shipped += 1
        _stamp(row, event)

    @on
    def failed(self, row: ShopDayRow, event: OrderCancelled) -> None:
        """The order ended without goods; one that gives money back had been paid."""
        row.cancelled += 1
        row.cancelled_paid += bool(event.refund)
        row.reasons = {**row.reasons, event.reason: row.reasons.get(event.reason, 0) + 1}
        _stamp(row, event)


class CardPulse(Projection, name="orders.card_pulse"):
    """What became of the last cards, newest last; and what needed somebody, ever."""

    row = CardPulseRow

    def keys(self, event: _CardNews) -> Iterable[str]:
        """All in one row; an account's charge is none of it."""
        if not isinstance(event, PaymentCaptured) or event.method == CARDS:
            yield CARDS

    @on
    def taken(self, row: CardPulseRow, event: PaymentCaptured, envelope: Envelope) -> None:
        """The money is in."""
        row.captured += 1
        _remember(row, "captured", envelope)

    @on
    def refused(self, row: CardPulseRow, event: PaymentDeclined, envelope: Envelope) -> None:
        """The card was refused."""
        row.declined += 1
        _remember(row, event.reason or "declined", envelope)

    @on
    def asked(self, row: CardPulseRow, event: PaymentChallenged) -> None:
        """The bank wants to see the shopper; how that ends is told by another event."""
        row.challenged += 1

    @on
    def doubled(self, row: CardPulseRow, event: PaymentDuplicated) -> None:
        """An order was paid twice."""
        row.duplicated += 1

    @on
    def stuck(self, row: CardPulseRow, event: RefundFailed) -> None:
        """Money could not be given back."""
        row.refunds_failed += 1


def _at(event: _Step) -> datetime:
    match event:
        case CartStarted():
            return event.started_at
        case OrderPlaced():
            return event.placed_at
        case OrderConfirmed():
            return event.confirmed_at
        case OrderShipped():
            return event.shipped_at
        case OrderCancelled():
            return event.cancelled_at


def _stamp(row: ShopDayRow, event: _Step) -> None:
    at = _at(event)
    row.day, row.newest_at = london_day(at), max(row.newest_at or at, at)


def _remember(row: CardPulseRow, outcome: str, envelope: Envelope) -> None:
    row.newest_at = envelope.occurred_at
    row.latest = [*row.latest, outcome][-LATEST_CARDS:]
