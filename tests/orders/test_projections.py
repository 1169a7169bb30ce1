"""Sales and history as folds of the log."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from eventbus import publish
from eventbus.testing import assert_rebuilds, drain
from orders.events import OrderCancelled, OrderConfirmed, ReturnRecorded
from orders.models import SalesByDayRow
from orders.projections import SalesByDay
from payments.money import Money
from tests.orders.builders import NOON, ORDER, a_line, pounds

pytestmark = pytest.mark.usefixtures("bus")


def confirmed(at: datetime, total: Money, units: int = 1, order_id: UUID = ORDER) -> OrderConfirmed:
    return OrderConfirmed(order_id=order_id, units=units, total=total, delivery="own", confirmed_at=at)


@transaction.atomic
def announce(*events: OrderConfirmed | OrderCancelled | ReturnRecorded) -> None:
    publish(*events)


def test_sales_are_counted_by_day_and_currency() -> None:
    announce(confirmed(NOON, pounds("10.00"), 3), confirmed(NOON, pounds("2.50"), 1))
    announce(confirmed(NOON, Money(999, "EUR"), 2))

    drain()

    rows = SalesByDayRow.objects.order_by("pk")
    assert [(row.pk, row.day, row.orders, row.units, row.revenue) for row in rows] == [
        ("2011-03-01/EUR", date(2011, 3, 1), 1, 2, Money(999, "EUR")),
        ("2011-03-01/GBP", date(2011, 3, 1), 2, 4, pounds("12.50")),
    ]
    assert_rebuilds(SalesByDay)


def test_the_day_is_londons() -> None:
    announce(confirmed(datetime(2011, 7, 1, 23, 30, tzinfo=UTC), pounds("1")))

    drain()

    assert [row.pk for row in SalesByDayRow.objects.all()] == ["2011-07-02/GBP"]


def test_what_was_given_back_counts_on_its_own_day() -> None:
    later = datetime(2011, 3, 5, 9, 0, tzinfo=UTC)
    announce(confirmed(NOON, pounds("10.00")))
    announce(
        OrderCancelled(order_id=ORDER, reason="x", message="", refund=pounds("10.00"), cancelled_at=later),
        ReturnRecorded(
            return_id=uuid4(),
            number="C1",
            customer_reference="17850",
            lines=(a_line(),),
            refund=pounds("1.50"),
            reason="returned",
            returned_at=later,
        ),
    )

    drain()

    rows = SalesByDayRow.objects.order_by("pk")
    assert [(row.pk, row.revenue, row.returns, row.refunds) for row in rows] == [
        ("2011-03-01/GBP", pounds("10.00"), 0, pounds("0")),
        ("2011-03-05/GBP", pounds("0"), 2, pounds("11.50")),
    ]
    assert_rebuilds(SalesByDay)


def test_an_order_cancelled_before_it_was_paid_leaves_no_trace_in_the_sales() -> None:
    announce(OrderCancelled(order_id=ORDER, reason="x", message="", refund=pounds("0"), cancelled_at=NOON))

    drain()

    assert not SalesByDayRow.objects.exists()
