"""The figures that staff watch, as folds of the log, beside sums made without it."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventbus import Event, publish
from eventbus.checkpoints import ensure_checkpoints
from eventbus.testing import assert_rebuilds, drain
from orders import services
from orders.events import CartStarted, OrderCancelled, OrderConfirmed, OrderShipped
from orders.models import CardPulseRow, ProductDemandRow, SalesByHourRow, ShopDayRow
from orders.projections import CardPulse, ProductDemand, SalesByHour, ShopDays
from payments.events import (
    PaymentCaptured,
    PaymentChallenged,
    PaymentDeclined,
    PaymentDuplicated,
    RefundFailed,
)
from payments.money import Money
from tests.conftest import empty_tables
from tests.orders.builders import NOON, ORDER, a_line, an_order_placed, pounds

pytestmark = pytest.mark.usefixtures("bus")
MUG = pounds("8.50")
LONDON = ZoneInfo("Europe/London")


@transaction.atomic
def announce(*events: Event) -> None:
    publish(*events)


def confirmed(at: datetime, total: Money = MUG, units: int = 1) -> OrderConfirmed:
    return OrderConfirmed(order_id=ORDER, units=units, total=total, delivery="own", confirmed_at=at)


def cancelled(at: datetime, reason: str = "out_of_stock", refund: str = "0") -> OrderCancelled:
    return OrderCancelled(order_id=ORDER, reason=reason, message="", refund=pounds(refund), cancelled_at=at)


def captured(method: str = "card") -> PaymentCaptured:
    return PaymentCaptured(order_id=ORDER, payment_id=uuid4(), amount=pounds("1"), method=method)


def declined(reason: str) -> PaymentDeclined:
    return PaymentDeclined(order_id=ORDER, payment_id=uuid4(), reason=reason, message="No.")


def steps_counted() -> dict[tuple[date | None, str], int]:
    """Each day's steps that were taken at all."""
    kinds = {"cart": "carts", "order": "placed", "sale": "paid", "shipped": "shipped", "failed": "cancelled"}
    counts = {
        (row.day, kind): getattr(row, kinds[kind]) for row in ShopDayRow.objects.all() for kind in kinds
    }
    return {key: count for key, count in counts.items() if count}


def test_sales_are_counted_by_the_hour_and_by_currency() -> None:
    announce(confirmed(NOON, units=2), confirmed(NOON + timedelta(minutes=59)))
    announce(confirmed(NOON + timedelta(hours=1)), confirmed(NOON, Money(999, "EUR")))

    drain(twice=True)

    rows = SalesByHourRow.objects.order_by("pk").values_list(
        "pk", "hour", "orders", "units", "revenue_amount"
    )
    assert list(rows) == [
        ("2011-03-01T12/EUR", NOON, 1, 1, 999),
        ("2011-03-01T12/GBP", NOON, 2, 3, 17_00),
        ("2011-03-01T13/GBP", NOON + timedelta(hours=1), 1, 1, 8_50),
    ]
    assert_rebuilds(SalesByHour)


def test_the_hour_that_a_clock_has_twice_is_two_hours() -> None:
    first, second = (datetime(2011, 10, 30, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert first.astimezone(LONDON).hour == second.astimezone(LONDON).hour == 1
    announce(confirmed(first), confirmed(second))

    drain()

    assert SalesByHourRow.objects.count() == 2


def test_what_is_ordered_of_an_article_is_counted_by_month() -> None:
    lines = (a_line(), a_line("BOWL", 1, "4.00"), a_line(quantity=1, price="8.00"))
    announce(an_order_placed(lines=lines), an_order_placed(order_id=uuid4()))
    later = datetime(2011, 3, 31, 23, 30, tzinfo=UTC)
    announce(an_order_placed(order_id=uuid4(), placed_at=later))

    drain(twice=True)

    rows = ProductDemandRow.objects.order_by("pk").values_list(
        "pk", "month", "sku", "title", "orders", "units", "value_amount"
    )
    assert list(rows) == [
        ("2011-03/GBP/BOWL", date(2011, 3, 1), "BOWL", "The BOWL", 1, 1, 4_00),
        ("2011-03/GBP/MUG-RED", date(2011, 3, 1), "MUG-RED", "The MUG-RED", 2, 5, 42_00),
        ("2011-04/GBP/MUG-RED", date(2011, 4, 1), "MUG-RED", "The MUG-RED", 1, 2, 17_00),
    ]
    assert_rebuilds(ProductDemand)


def test_a_day_counts_each_step_and_why_orders_failed() -> None:
    announce(
        CartStarted(cart_id=uuid4(), started_at=NOON),
        CartStarted(cart_id=uuid4(), started_at=NOON),
        an_order_placed(),
        confirmed(NOON),
        OrderShipped(order_id=ORDER, shipped_at=NOON + timedelta(hours=2)),
        cancelled(NOON),
        cancelled(NOON),
        cancelled(NOON, "shortfall", refund="8.50"),
    )

    drain(twice=True)

    row = ShopDayRow.objects.get()
    assert (row.day, row.newest_at) == (date(2011, 3, 1), NOON + timedelta(hours=2))
    assert (row.carts, row.placed, row.paid, row.shipped) == (2, 1, 1, 1)
    assert (row.cancelled, row.cancelled_paid) == (3, 1)
    assert row.reasons == {"out_of_stock": 2, "shortfall": 1}
    assert_rebuilds(ShopDays)


def test_a_cart_that_is_begun_is_counted() -> None:
    services.create_cart()

    drain()

    assert ShopDayRow.objects.get().carts == 1


def test_the_last_hundred_cards_are_remembered_and_no_account() -> None:
    announce(declined("expired_card"), *[captured() for _ in range(99)])
    announce(captured("account"), declined("card_declined"))

    drain(twice=True)

    row = CardPulseRow.objects.get()
    assert row.latest == [*["captured"] * 99, "card_declined"]
    assert (row.captured, row.declined) == (99, 2)
    assert_rebuilds(CardPulse)


def test_what_needed_somebody_is_counted_for_good() -> None:
    announce(
        PaymentChallenged(order_id=ORDER, payment_id=uuid4()),
        PaymentDuplicated(order_id=ORDER, payment_id=uuid4(), amount=pounds("1")),
        RefundFailed(order_id=ORDER, refund_id=uuid4(), amount=pounds("1"), reason="Closed."),
    )

    drain()

    row = CardPulseRow.objects.get()
    assert (row.challenged, row.duplicated, row.refunds_failed, row.latest) == (1, 1, 1, [])


def test_a_batch_of_orders_is_one_read_and_one_write_for_each_projection() -> None:
    lines = tuple(a_line(f"SKU-{number}") for number in range(30))
    announce(*[an_order_placed(order_id=uuid4(), lines=lines) for _ in range(40)])

    with CaptureQueriesContext(
        connection,
    ) as queries:
        drain()

    touching = Counter(
        (verb, table)
        for sql in [query["sql"] or "" for query in queries]
        for table in ("productdemandrow", "shopdayrow", "salesbyhourrow")
        for verb in ("SELECT", "INSERT", "UPDATE")
        if sql.startswith(verb) and f'"orders_{table}"' in sql.partition(" WHERE ")[0]
    )
    assert touching == {
        ("SELECT", "productdemandrow"): 1,
        ("INSERT", "productdemandrow"): 1,
        ("SELECT", "shopdayrow"): 1,
        ("INSERT", "shopdayrow"): 1,
    }
    assert ProductDemandRow.objects.count() == 30


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    happened=st.lists(
        st.tuples(
            st.sampled_from(["cart", "order", "sale", "shipped", "failed"]),
            st.integers(0, 5_00),
            st.integers(0, 60),
        ),
        max_size=15,
    )
)
def test_the_figures_equal_sums_made_without_the_log(happened: list[tuple[str, int, int]]) -> None:
    empty_tables()
    ensure_checkpoints()
    steps: Counter[tuple[date, str]] = Counter()
    hours: Counter[datetime] = Counter()
    demand: Counter[tuple[date, str]] = Counter()
    for kind, pence, after in happened:
        at = NOON + timedelta(hours=13 * after)
        day, amount = at.astimezone(LONDON).date(), f"{pence / 100:.2f}"
        steps[day, kind] += 1
        match kind:
            case "cart":
                announce(CartStarted(cart_id=uuid4(), started_at=at))
            case "order":
                lines = (a_line(f"SKU-{pence % 3}", 2, amount),)
                announce(an_order_placed(order_id=uuid4(), lines=lines, placed_at=at))
                demand[day.replace(day=1), f"SKU-{pence % 3}"] += 2 * pence
            case "sale":
                announce(confirmed(at, pounds(amount)))
                hours[at] += pence
            case "shipped":
                announce(OrderShipped(order_id=ORDER, shipped_at=at))
            case "failed":
                announce(cancelled(at))

    drain()

    assert steps_counted() == dict(steps)
    assert {row.hour: row.revenue_amount for row in SalesByHourRow.objects.all()} == dict(hours)
    found = {(row.month, row.sku): row.value_amount for row in ProductDemandRow.objects.all()}
    assert found == dict(demand)
    assert_rebuilds(SalesByHour, ProductDemand, ShopDays)
