"""The staff's first page: what waits, and figures that are right and cheap."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.staff import charts
from config.staff.charts import Point
from eventbus import publish
from eventbus.testing import drain
from orders.events import CartStarted, OrderConfirmed, OrderShipped
from orders.models import ProductDemandRow, SalesByDayRow, SalesByHourRow, ShopDayRow
from payments.events import PaymentDeclined
from payments.money import Money
from tests.factories import UserFactory
from tests.orders.builders import NOON, ORDER, an_order_placed, pounds

pytestmark = pytest.mark.usefixtures("bus")
TODAY = "admin:index"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True, username="sam"))
    return client


@transaction.atomic
def a_day_of_sales(at: datetime = NOON) -> None:
    """Three carts, two orders, one of them paid and shipped, and a declined card."""
    publish(*[CartStarted(cart_id=uuid4(), started_at=at) for _ in range(3)])
    publish(an_order_placed(placed_at=at), an_order_placed(order_id=uuid4(), placed_at=at))
    total = pounds("20.95")
    publish(OrderConfirmed(order_id=ORDER, units=2, total=total, delivery="carrier", confirmed_at=at))
    publish(OrderShipped(order_id=ORDER, shipped_at=at))
    publish(PaymentDeclined(order_id=uuid4(), payment_id=uuid4(), reason="card_declined", message="No."))


def shown(client: Client, **asked: str) -> Any:
    """What the page was drawn from."""
    answer = client.get(reverse(TODAY), asked)
    assert answer.status_code == 200
    return answer.context


def test_the_figures_of_a_day_are_right(staff: Client) -> None:
    a_day_of_sales()
    drain()

    seen = shown(staff, day="2011-03-01")

    assert [(tile["label"], tile["value"]) for tile in seen["tiles"]] == [
        ("Revenue", "£20.95"),
        ("Orders paid", "1"),
        ("Average order", "£20.95"),
        ("Pieces", "2"),
        ("Given back", "£0.00"),
    ]
    assert [(bar.label, bar.value, bar.share) for bar in seen["funnel"]] == [
        ("Carts begun", 3, "100 %"),
        ("Orders placed", 2, "67 %"),
        ("Paid", 1, "33 %"),
        ("Shipped", 1, "33 %"),
    ]
    assert {bar.label: bar.value for bar in seen["states"]} == {
        "placed": 1,
        "confirmed": 0,
        "shipped": 1,
        "cancelled": 0,
    }
    assert [(column.point.label, column.point.shown) for column in seen["hours"].columns][12] == (
        "12:00",
        "£20.95",
    )
    assert seen["days"].columns[-1].point.shown == "£20.95"
    assert [(bar.label, bar.shown) for bar in seen["products"]] == [("The MUG-RED", "£34.00 · 4 pcs")]
    assert [(bar.label, bar.value) for bar in seen["cards"]["bars"]] == [("card declined", 1)]
    assert seen["newest_at"] == NOON


def test_every_chart_has_its_table(staff: Client) -> None:
    a_day_of_sales()
    drain()

    page = staff.get(reverse(TODAY), {"day": "2011-03-01"}).content.decode()

    for caption in ("Revenue by the hour", "Revenue by day", "From cart to parcel", "Orders by state"):
        assert f'<caption class="unseen">{caption}</caption>' in page
    assert page.count('role="img"') == 2
    assert "<script>" not in page.partition('<div class="staff"')[2].partition("unfold/js/simplebar")[0]


def test_amounts_are_told_in_the_currency_that_is_chosen(staff: Client) -> None:
    euros = OrderConfirmed(
        order_id=ORDER, units=1, total=Money(5_00, "EUR"), delivery="own", confirmed_at=NOON
    )
    with transaction.atomic():
        publish(euros)
    a_day_of_sales()
    drain()

    both = shown(staff, day="2011-03-01")
    euro = shown(staff, day="2011-03-01", currency="EUR")

    assert set(both["period"].currencies) == {"EUR", "GBP"}
    assert euro["tiles"][0]["value"] == str(Money(5_00, "EUR"))
    assert euro["tiles"][1]["value"] == "1"


def test_a_day_without_sales_says_where_the_last_one_was(staff: Client) -> None:
    a_day_of_sales()
    drain()

    period = shown(staff)["period"]

    assert period.is_behind_the_sales
    assert period.last_sale == date(2011, 3, 1)
    assert shown(staff, **dict(pair.split("=") for pair in period.at_last_sale[1:].split("&")))["tiles"][0][
        "value"
    ] == ("£20.95")


@pytest.mark.parametrize("asked", ["yesterday", "2011-02-30", "9999-01-01", "0001-01-01"])
def test_a_day_that_makes_no_sense_does_no_harm(staff: Client, asked: str) -> None:
    assert shown(staff, day=asked, days="40", currency="XXX")["period"].span == 30


def test_the_page_costs_the_same_few_queries_with_a_year_of_sales(staff: Client) -> None:
    drain()
    staff.get(reverse(TODAY))
    day = timezone.localdate()
    with CaptureQueriesContext(connection) as quiet:
        shown(staff, days="365")
    for number in range(365):
        at = day - timedelta(days=number)
        SalesByDayRow.objects.create(key=f"{at}/GBP", day=at, currency="GBP", orders=9, revenue_amount=900)
        ShopDayRow.objects.create(key=str(at), day=at, placed=10, paid=9, reasons={"out_of_stock": 1})
    SalesByHourRow.objects.bulk_create(
        SalesByHourRow(key=f"{n}", hour=timezone.now() - timedelta(hours=n), currency="GBP")
        for n in range(24)
    )
    ProductDemandRow.objects.bulk_create(
        ProductDemandRow(key=f"{n}", month=day.replace(day=1), currency="GBP", sku=f"{n}", value_amount=n)
        for n in range(3_000)
    )

    with CaptureQueriesContext(connection) as busy:
        seen = shown(staff, days="365")

    assert sum(bar.value for bar in seen["reasons"]) == 365
    # Where nothing was sold, one more asks when the last sale was.
    assert (len(quiet), len(busy)) == (17, 16)


def test_who_may_not_see_figures_sees_none(client: Client) -> None:
    a_day_of_sales()
    drain()
    client.force_login(UserFactory.create(staff=True))

    answer = client.get(reverse(TODAY), {"day": "2011-03-01"})

    assert "tiles" not in answer.context
    assert "£20.95" not in answer.content.decode()


def test_who_may_see_figures_needs_no_more(client: Client) -> None:
    a_day_of_sales()
    drain()
    seller = UserFactory.create(staff=True)
    seller.user_permissions.add(Permission.objects.get(codename="view_salesbydayrow"))
    client.force_login(seller)

    assert shown(client, day="2011-03-01")["tiles"][0]["value"] == "£20.95"


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (3, 5), (10, 10), (11, 20), (21, 25), (26, 50), (999, 1000)]
)
def test_a_chart_ends_at_a_round_number_above_the_highest(highest: int, top: int) -> None:
    drawn = charts.columns([Point("a", highest, str(highest))], str)

    assert drawn.lines[-1] == (charts.TOP, str(top))
    assert drawn.columns[0].height == round(highest / top * (charts.HEIGHT - charts.FOOT - charts.TOP), 1)
