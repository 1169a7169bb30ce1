"""Read models of orders: for lists and figures, rebuilt from the log at any time."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from eventbus import Projection, on
from orders.events import (
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    OrderShipped,
    RefundGranted,
    ReturnReceived,
    ReturnRecorded,
)
from orders.models import OrderHistoryRow, SalesByDayRow
from payments.events import PaymentCaptured, PaymentDeclined, PaymentRefunded
from payments.money import Money

_LONDON = ZoneInfo("Europe/London")

_Sale = OrderConfirmed | OrderCancelled | ReturnRecorded | ReturnReceived | RefundGranted


class OrderHistory(Projection, name="orders.order_history", version=2):
    """One row per order, as lists show it."""

    row = OrderHistoryRow
    key = "order_id"

    @on
    def placed(self, row: OrderHistoryRow, event: OrderPlaced) -> None:
        """A new order."""
        row.number, row.state, row.placed_at = event.number, "placed", event.placed_at
        row.customer = event.customer.name
        row.units = sum(line.quantity for line in event.lines)
        row.total_amount, row.currency = event.total.amount, event.total.currency
        row.payment_method, row.payment = event.payment_method, "pending"

    @on
    def paid(self, row: OrderHistoryRow, event: PaymentCaptured) -> None:
        """The money is in."""
        row.payment = "captured"

    @on
    def declined(self, row: OrderHistoryRow, event: PaymentDeclined) -> None:
        """The card was refused."""
        row.payment = "declined"

    @on
    def refunded(self, row: OrderHistoryRow, event: PaymentRefunded) -> None:
        """Money went back: all that was paid, or a part."""
        row.refunded_amount += event.amount.amount
        row.payment = "refunded" if row.refunded_amount >= row.total_amount else "partly refunded"

    @on
    def came_back(self, row: OrderHistoryRow, event: ReturnReceived) -> None:
        """Goods came back."""
        row.returned_units += sum(line.quantity for line in event.lines)

    @on
    def confirmed(self, row: OrderHistoryRow, event: OrderConfirmed) -> None:
        """The goods are promised."""
        row.state = "confirmed"

    @on
    def shipped(self, row: OrderHistoryRow, event: OrderShipped) -> None:
        """The goods have left."""
        row.state, row.tracking_number, row.ended_at = "shipped", event.tracking_number, event.shipped_at

    @on
    def cancelled(self, row: OrderHistoryRow, event: OrderCancelled) -> None:
        """The order ended without goods."""
        row.state, row.reason, row.ended_at = "cancelled", event.reason, event.cancelled_at


class SalesByDay(Projection, name="orders.sales_by_day", version=2):
    """Confirmed sales and what was given back, by day in London and by currency."""

    row = SalesByDayRow

    def keys(self, event: _Sale) -> Iterable[str]:
        """The day it happened, like 2010-12-01/GBP; a cancellation that gives nothing back has none."""
        day, money = _day_and_money(event)
        if money or not isinstance(event, OrderCancelled):
            yield f"{day}/{money.currency}"

    @on
    def sold(self, row: SalesByDayRow, event: OrderConfirmed) -> None:
        """A confirmed order counts as a sale."""
        _identify(row, event)
        row.orders += 1
        row.units += event.units
        row.revenue_amount += event.total.amount

    @on
    def given_back(self, row: SalesByDayRow, event: OrderCancelled | ReturnRecorded | ReturnReceived) -> None:
        """A confirmed order that was cancelled, or goods that came back."""
        _identify(row, event)
        row.returns += 1
        row.refunds_amount += event.refund.amount

    @on
    def made_good(self, row: SalesByDayRow, event: RefundGranted) -> None:
        """Money that was given back without goods is no return."""
        _identify(row, event)
        row.refunds_amount += event.amount.amount


def _identify(row: SalesByDayRow, event: _Sale) -> None:
    row.day, money = _day_and_money(event)
    row.currency = money.currency


def _day_and_money(event: _Sale) -> tuple[date, Money]:
    match event:
        case OrderConfirmed():
            return _london_day(event.confirmed_at), event.total
        case OrderCancelled():
            return _london_day(event.cancelled_at), event.refund
        case ReturnRecorded():
            return _london_day(event.returned_at), event.refund
        case ReturnReceived():
            return _london_day(event.received_at), event.refund
        case RefundGranted():
            return _london_day(event.granted_at), event.amount


def _london_day(moment: datetime) -> date:
    return moment.astimezone(_LONDON).date()
