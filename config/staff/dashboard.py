"""Today: what was sold, how orders come along, and what ails the shop, out of small tables."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from config.staff import charts
from config.staff.charts import Point
from config.staff.period import SPANS, Period, asked_for
from orders import queries
from orders.queries import CardFigures, Sales, Steps
from payments.money import Money

_REASONS = {
    "cancelled": "called off",
    "cancelled_by_staff": "called off by staff",
    "cancelled_on_request": "called off by the shopper",
    "out_of_stock": "sold out",
    "shortfall": "paid, then sold out",
}
_STATE_TONES = ("waiting", "going", "good", "bad")


def figures(answers: Mapping[str, str]) -> dict[str, Any]:
    """Everything on the page; a dozen queries, however many orders there are."""
    period = asked_for(answers)
    days = queries.approximate_sales_by_day(period.since - timedelta(days=7), period.day, period.currency)
    steps = queries.approximate_steps(period.since, period.day)
    return {
        "period": period,
        "spans": SPANS,
        "tiles": _tiles(days),
        "hours": _hours(period),
        "days": _days(days[7:], period),
        "funnel": _funnel(steps),
        "states": _states(),
        "reasons": _reasons(steps),
        "products": _products(period),
        "cards": _cards(queries.card_figures()),
        "mails": queries.mail_figures(),
        "drawn_at": timezone.localtime(),
        "newest_at": steps.newest_at,
    }


def _tiles(days: Sequence[Sales]) -> list[dict[str, str]]:
    """The day, beside the same day of the week before."""
    now, then = days[-1], days[-8]
    basket, before = (
        Money(day.revenue.amount // max(day.orders, 1), day.revenue.currency) for day in (now, then)
    )
    return [
        _tile("Revenue", now.revenue, then.revenue, now.revenue.amount, then.revenue.amount),
        _tile("Orders paid", now.orders, then.orders, now.orders, then.orders),
        _tile("Average order", basket, before, basket.amount, before.amount),
        _tile("Pieces", now.units, then.units, now.units, then.units),
        _tile("Given back", now.refunds, then.refunds, -now.refunds.amount, -then.refunds.amount),
    ]


def _tile(label: str, now: object, then: object, value: int, before: int) -> dict[str, str]:
    tone = "" if value == before else ("up" if value > before else "down")
    return {"label": label, "value": _written(now), "before": _written(then), "tone": tone}


def _written(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _hours(period: Period) -> charts.Chart:
    sales = queries.approximate_sales_by_hour(period.day, period.currency)
    points = [
        Point(
            f"{one.at:%H:%M}",
            one.revenue.amount,
            str(one.revenue),
            notes=(f"{one.orders:,}", f"{one.units:,}"),
        )
        for one in sales
    ]
    return charts.columns(points, lambda value: _short(value, period.currency))


def _days(sales: Sequence[Sales], period: Period) -> charts.Chart:
    points = [
        Point(
            label=f"{one.at:%-d %b}",
            value=one.revenue.amount,
            shown=str(one.revenue),
            part=one.refunds.amount,
            part_shown=str(one.refunds),
            notes=(f"{one.orders:,}", f"{one.units:,}", f"{one.returns:,}"),
            link=period.at(one.at.date()),
        )
        for one in sales
    ]
    return charts.columns(points, lambda value: _short(value, period.currency))


def _funnel(steps: Steps) -> tuple[charts.Bar, ...]:
    counted = [
        (label, value, f"{value:,}")
        for label, value in (
            ("Carts begun", steps.carts),
            ("Orders placed", steps.placed),
            ("Paid", steps.paid),
            ("Shipped", steps.shipped),
        )
    ]
    # Wholesale orders come without a cart: then all is measured by what was placed.
    return charts.bars(counted, of=max(steps.carts, steps.placed), tones=("soft", "going", "going", "good"))


def _states() -> tuple[charts.Bar, ...]:
    states = queries.approximate_orders_by_state()
    orders = reverse("admin:orders_order_changelist")
    counted = [(state, count, f"{count:,}") for state, count in states.items()]
    links = [f"{orders}?state={state}" for state in states]
    return charts.bars(counted, of=sum(states.values()), tones=_STATE_TONES, links=links)


def _reasons(steps: Steps) -> tuple[charts.Bar, ...]:
    counted = [(in_words(reason), count, f"{count:,}") for reason, count in steps.reasons.items()]
    return charts.bars(counted, of=steps.placed, tones=["bad"] * len(counted))


def _products(period: Period) -> tuple[charts.Bar, ...]:
    wanted = queries.most_wanted(period.since, period.day, period.currency)
    page = reverse("admin:catalog_product_changelist")
    counted = [(one.title, one.value.amount, f"{one.value} · {one.units:,} pcs") for one in wanted]
    return charts.bars(counted, links=[f"{page}?q={one.sku}" for one in wanted])


def _cards(cards: CardFigures) -> dict[str, Any]:
    looked_at = sum(cards.latest.values())
    counted = [
        ("money is in" if outcome == "captured" else in_words(outcome), count, f"{count:,}")
        for outcome, count in cards.latest.items()
    ]
    tones = ["good" if outcome == "captured" else "bad" for outcome in cards.latest]
    return {"all": cards, "number": looked_at, "bars": charts.bars(counted, of=looked_at, tones=tones)}


def in_words(reason: str) -> str:
    """A code as people say it."""
    return _REASONS.get(reason, reason.replace("_", " "))


def _short(amount: int, currency: str) -> str:
    """An amount as it stands beside a line: whole, and in thousands where it is long."""
    sign = str(Money(0, currency)).partition("0")[0]
    major = int(Money(amount, currency).decimal)
    return f"{sign}{major / 1000:g}k" if major >= 10_000 else f"{sign}{major:,}"
