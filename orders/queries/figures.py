"""The figures that staff watch, out of small read models: each may be a moment behind the orders."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max, Sum

from eventbus import current_time
from orders.models import (
    CardPulseRow,
    Notification,
    ProductDemandRow,
    SalesByDayRow,
    SalesByHourRow,
    ShopDayRow,
)
from payments.money import Money

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Sales:
    """What was sold and given back within a day, or within the hour that begins `at`."""

    at: datetime
    revenue: Money
    refunds: Money
    orders: int = 0
    units: int = 0
    returns: int = 0


@dataclass(frozen=True, slots=True)
class Steps:
    """How many carts and orders took each step, and why orders failed; `newest_at` is the last of it."""

    carts: int
    placed: int
    paid: int
    shipped: int
    cancelled: int
    reasons: dict[str, int]
    newest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Demand:
    """What was ordered of one article, whatever became of the orders."""

    sku: str
    title: str
    orders: int
    units: int
    value: Money


@dataclass(frozen=True, slots=True)
class CardFigures:
    """What became of the last cards, by outcome, and what needed somebody since the beginning."""

    latest: dict[str, int]
    captured: int
    declined: int
    duplicated: int
    refunds_failed: int
    newest_at: datetime | None


@dataclass(frozen=True, slots=True)
class MailFigures:
    """How many mails went out within the last day, and when the last one did."""

    sent: int
    newest_at: datetime | None


def currencies_sold(since: date, until: date) -> list[str]:
    """The currencies in which something was sold or given back on these days, the most used first."""
    rows = SalesByDayRow.objects.filter(day__range=(since, until))
    counted = Counter(
        {row["currency"]: row["n"] for row in rows.values("currency").annotate(n=Sum("orders"))}
    )
    return [currency for currency, _ in counted.most_common()]


def approximate_sales_by_day(since: date, until: date, currency: str) -> list[Sales]:
    """Each of these days in London, also those without a sale."""
    rows = SalesByDayRow.objects.filter(day__range=(since, until), currency=currency)
    found = {row.day: row for row in rows}
    return [_of_day(day, found.get(day), currency) for day in _days(since, until)]


def approximate_sales_by_hour(day: date, currency: str) -> list[Sales]:
    """Each hour of a day in London, of which it may have 23 or 25."""
    begin, end = (datetime.combine(one, time(), LONDON).astimezone(UTC) for one in (day, day + timedelta(1)))
    rows = SalesByHourRow.objects.filter(hour__gte=begin, hour__lt=end, currency=currency)
    found = {row.hour: row for row in rows}
    hours = [begin + timedelta(hours=n) for n in range(round((end - begin) / timedelta(hours=1)))]
    return [_of_hour(hour, found.get(hour), currency) for hour in hours]


def approximate_steps(since: date, until: date) -> Steps:
    """What happened on these days, added up."""
    rows = list(ShopDayRow.objects.filter(day__range=(since, until)))
    reasons: Counter[str] = Counter()
    for row in rows:
        reasons.update(row.reasons)
    return Steps(
        carts=sum(row.carts for row in rows),
        placed=sum(row.placed for row in rows),
        paid=sum(row.paid for row in rows),
        shipped=sum(row.shipped for row in rows),
        cancelled=sum(row.cancelled for row in rows),
        reasons=dict(reasons.most_common()),
        newest_at=max((row.newest_at for row in rows if row.newest_at), default=None),
    )


def approximate_orders_by_state() -> dict[str, int]:
    """How many orders there are in each state, of all there ever were."""
    names = ("placed", "paid", "shipped", "cancelled", "cancelled_paid")
    sums = ShopDayRow.objects.aggregate(**{name: Sum(name, default=0) for name in names})
    placed, paid, shipped, cancelled, late = (sums[name] for name in names)
    return {
        "placed": placed - paid - (cancelled - late),
        "confirmed": paid - shipped - late,
        "shipped": shipped,
        "cancelled": cancelled,
    }


def most_wanted(since: date, until: date, currency: str, limit: int = 10) -> list[Demand]:
    """The articles of which most was ordered, by value, in the months that these days are of."""
    months = (since.replace(day=1), until.replace(day=1))
    rows = ProductDemandRow.objects.filter(month__range=months, currency=currency).values_list("sku")
    sums = rows.annotate(Max("title"), Sum("orders"), Sum("units"), value=Sum("value_amount"))
    return [
        Demand(sku, title, orders, units, Money(int(value), currency))
        for sku, title, orders, units, value in sums.order_by("-value", "sku")[:limit]
    ]


def card_figures() -> CardFigures:
    """How cards fare; nothing before the first one."""
    row = CardPulseRow.objects.first() or CardPulseRow()
    return CardFigures(
        latest=dict(Counter(row.latest).most_common()),
        captured=row.captured,
        declined=row.declined,
        duplicated=row.duplicated,
        refunds_failed=row.refunds_failed,
        newest_at=row.newest_at,
    )


def mail_figures() -> MailFigures:
    """How mails fare; they are counted where they are kept."""
    since = current_time() - timedelta(days=1)
    newest = Notification.objects.order_by("-sent_at").values_list("sent_at", flat=True).first()
    return MailFigures(sent=Notification.objects.filter(sent_at__gte=since).count(), newest_at=newest)


def last_day_of_sales() -> date | None:
    """The last day on which anything was sold."""
    sold = SalesByDayRow.objects.filter(orders__gt=0)
    return sold.order_by("-day").values_list("day", flat=True).first()


def _days(since: date, until: date) -> Iterator[date]:
    for number in range((until - since).days + 1):
        yield since + timedelta(days=number)


def _of_day(day: date, row: SalesByDayRow | None, currency: str) -> Sales:
    at, nothing = datetime.combine(day, time(), LONDON), Money.zero(currency)
    if row is None:
        return Sales(at, nothing, nothing)
    return Sales(at, row.revenue, row.refunds, row.orders, row.units, row.returns)


def _of_hour(hour: datetime, row: SalesByHourRow | None, currency: str) -> Sales:
    at, nothing = hour.astimezone(LONDON), Money.zero(currency)
    if row is None:
        return Sales(at, nothing, nothing)
    return Sales(at, Money(row.revenue_amount, currency), nothing, row.orders, row.units)
