"""Sales and history as folds of the log."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventbus import Event, publish
from eventbus.checkpoints import ensure_checkpoints
from eventbus.testing import assert_rebuilds, drain
from orders.events import (
    OrderCancelled,
    OrderConfirmed,
    RefundGranted,
    ReturnLine,
    ReturnReceived,
    ReturnRecorded,
)
from orders.models import OrderHistoryRow, SalesByDayRow
from orders.projections import OrderHistory, SalesByDay
from payments.events import PaymentRefunded
from payments.money import Money
from tests.conftest import empty_tables
from tests.orders.builders import NOON, ORDER, a_line, an_order_placed, pieces, pounds

pytestmark = pytest.mark.usefixtures("bus")


def confirmed(at: datetime, total: Money, units: int = 1, order_id: UUID = ORDER) -> OrderConfirmed:
    return OrderConfirmed(order_id=order_id, units=units, total=total, delivery="own", confirmed_at=at)


@transaction.atomic
def announce(*events: Event) -> None:
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


ONE_DAY = datetime(2011, 3, 8, 9, 0, tzinfo=UTC)


def refunded(amount: str) -> PaymentRefunded:
    return PaymentRefunded(
        order_id=ORDER, payment_id=uuid4(), amount=pounds(amount), reference="re_1", refund_id=uuid4()
    )


def received(refund: str, *lines: ReturnLine, at: datetime = ONE_DAY) -> ReturnReceived:
    return ReturnReceived(
        order_id=ORDER,
        return_id=uuid4(),
        lines=lines,
        restock=(),
        refund=pounds(refund),
        received_by="Sam",
        received_at=at,
    )


def granted(amount: str, at: datetime = ONE_DAY) -> RefundGranted:
    return RefundGranted(
        order_id=ORDER,
        refund_id=uuid4(),
        lines=(),
        amount=pounds(amount),
        reason="Chipped",
        granted_by="Sam",
        granted_at=at,
    )


@pytest.mark.parametrize(
    ("_case", "refunds", "payment", "refunded_amount"),
    [
        ("a part", ["8.50"], "partly refunded", 8_50),
        ("two parts", ["8.50", "3.95"], "partly refunded", 12_45),
        ("all of it, in parts", ["8.50", "12.45"], "refunded", 20_95),
        ("all of it", ["20.95"], "refunded", 20_95),
    ],
)
def test_the_history_says_how_much_of_the_money_went_back(
    _case: str, refunds: list[str], payment: str, refunded_amount: int
) -> None:
    announce(an_order_placed(), *map(refunded, refunds))

    drain(twice=True)

    row = OrderHistoryRow.objects.get()
    assert (row.payment, row.refunded_amount) == (payment, refunded_amount)
    assert_rebuilds(OrderHistory)


def test_the_history_counts_the_pieces_that_came_back() -> None:
    announce(an_order_placed(), received("8.50", *pieces(MUG_RED=1)), received("0", *pieces(MUG_RED=1)))

    drain(twice=True)

    assert OrderHistoryRow.objects.get().returned_units == 2
    assert_rebuilds(OrderHistory)


def test_a_return_counts_on_the_day_it_arrives_and_a_goodwill_refund_is_no_return() -> None:
    announce(confirmed(NOON, pounds("20.95"), 2), received("8.50", *pieces(MUG_RED=1)), granted("5.00"))

    drain()

    rows = SalesByDayRow.objects.order_by("pk")
    assert [(row.pk, row.orders, row.revenue, row.returns, row.refunds) for row in rows] == [
        ("2011-03-01/GBP", 1, pounds("20.95"), 0, pounds("0")),
        ("2011-03-08/GBP", 0, pounds("0"), 1, pounds("13.50")),
    ]
    assert_rebuilds(SalesByDay)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    happened=st.lists(
        st.tuples(st.sampled_from(["sale", "return", "refund"]), st.integers(0, 5_00), st.integers(0, 3)),
        max_size=12,
    )
)
def test_sales_equal_a_sum_made_without_the_log(happened: list[tuple[str, int, int]]) -> None:
    empty_tables()
    ensure_checkpoints()
    days: dict[str, list[int]] = {}
    for kind, pence, day in happened:
        at, amount = NOON + timedelta(days=day), f"{pence / 100:.2f}"
        sums = days.setdefault(f"{at.date()}/GBP", [0, 0, 0, 0])
        match kind:
            case "sale":
                announce(confirmed(at, pounds(amount), order_id=uuid4()))
                sums[0], sums[1] = sums[0] + 1, sums[1] + pence
            case "return":
                announce(received(amount, *pieces(MUG_RED=1), at=at))
                sums[2], sums[3] = sums[2] + 1, sums[3] + pence
            case "refund":
                announce(granted(amount, at=at))
                sums[3] += pence

    drain()

    rows = SalesByDayRow.objects.all()
    assert {row.pk: [row.orders, row.revenue_amount, row.returns, row.refunds_amount] for row in rows} == days
