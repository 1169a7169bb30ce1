"""What was sold, and what was given back: by day and hour, and by article."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from eventbus import Projection, on
from orders.events import (
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    RefundGranted,
    ReturnReceived,
    ReturnRecorded,
)
from orders.models import ProductDemandRow, SalesByDayRow, SalesByHourRow
from payments.money import Money

LONDON = ZoneInfo("Europe/London")

_Sale = OrderConfirmed | OrderCancelled | ReturnRecorded | ReturnReceived | RefundGranted


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


class SalesByHour(Projection, name="orders.sales_by_hour"):
    """Confirmed sales, by the hour and by currency."""

    row = SalesByHourRow

    def keys(self, event: OrderConfirmed) -> Iterable[str]:
        """The hour it happened, like 2010-12-01T09/GBP; in UTC, which has no hour twice."""
        yield f"{event.confirmed_at.astimezone(UTC):%Y-%m-%dT%H}/{event.total.currency}"

    @on
    def sold(self, row: SalesByHourRow, event: OrderConfirmed) -> None:
        """A confirmed order counts as a sale."""
        row.hour = event.confirmed_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        row.currency = event.total.currency
        row.orders += 1
        row.units += event.units
        row.revenue_amount += event.total.amount


class ProductDemand(Projection, name="orders.product_demand"):
    """What was ordered of each article in a month, whatever became of the order.

    By month, because nearly every line of a day is of another article: by day, the rows would be as many
    as the lines, and a year's import would write them all.
    """

    row = ProductDemandRow
    _added_up: tuple[OrderPlaced | None, dict[str, tuple[str, int, int]]] = (None, {})

    def keys(self, event: OrderPlaced) -> Iterable[str]:
        """One for each article in it, like 2010-12/GBP/85123A."""
        prefix = _month_of(event)
        return dict.fromkeys([prefix + line.sku for line in event.lines])

    @on
    def ordered(self, row: ProductDemandRow, event: OrderPlaced) -> None:
        """The lines of one article."""
        row.sku = row.key[len("2010-12/GBP/") :]
        row.month, row.currency = london_day(event.placed_at).replace(day=1), event.total.currency
        row.title, units, value = self._by_sku(event)[row.sku]
        row.orders += 1
        row.units += units
        row.value_amount += value

    def _by_sku(self, event: OrderPlaced) -> dict[str, tuple[str, int, int]]:
        """The event's lines by article, added up once: it is folded into one row after the other."""
        if self._added_up[0] is not event:
            lines: dict[str, tuple[str, int, int]] = {}
            for line in event.lines:
                _, units, value = lines.get(line.sku, ("", 0, 0))
                value += line.unit_price.amount * line.quantity
                lines[line.sku] = (line.title, units + line.quantity, value)
            self._added_up = (event, lines)
        return self._added_up[1]


def _month_of(event: OrderPlaced) -> str:
    return f"{london_day(event.placed_at):%Y-%m}/{event.total.currency}/"


def _identify(row: SalesByDayRow, event: _Sale) -> None:
    row.day, money = _day_and_money(event)
    row.currency = money.currency


def _day_and_money(event: _Sale) -> tuple[date, Money]:
    match event:
        case OrderConfirmed():
            return london_day(event.confirmed_at), event.total
        case OrderCancelled():
            return london_day(event.cancelled_at), event.refund
        case ReturnRecorded():
            return london_day(event.returned_at), event.refund
        case ReturnReceived():
            return london_day(event.received_at), event.refund
        case RefundGranted():
            return london_day(event.granted_at), event.amount


def london_day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()
