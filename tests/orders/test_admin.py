"""What staff see of orders."""

import pytest
from django.test import Client
from django.urls import reverse

from eventbus.testing import drain
from orders.models import Notification, Order
from tests.factories import UserFactory
from tests.orders.builders import NOWHERE, a_cart, an_article, an_order

pytestmark = pytest.mark.usefixtures("bus", "sandbox")


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True))
    return client


def test_an_order_shows_its_lines_money_goods_story_and_mails(staff: Client) -> None:
    order_id = an_order(a_cart(an_article()), address=NOWHERE)
    drain()

    page = staff.get(reverse("admin:orders_order_change", args=[order_id])).content.decode()

    assert "The MUG-RED" in page
    assert '<td class="number">£8.50</td><td class="number">2</td><td class="number">£17.00</td>' in page
    assert "cancelled by card: captured £20.95, given back £20.95" in page
    assert "We do not deliver to ZZ1 1ZZ." in page
    for event in ("OrderPlaced", "OrderConfirmed", "OrderCancelled"):
        assert f"<b>{event}</b>" in page
    assert "?correlation_id=" in page
    assert f"Your order {Order.objects.get().number} was cancelled" in page


@pytest.mark.parametrize(
    "table", ["order", "shipment", "notification", "return", "orderhistoryrow", "salesbydayrow"]
)
def test_every_list_opens_and_offers_no_change(staff: Client, table: str) -> None:
    an_order(a_cart(an_article()))
    drain()

    answer = staff.get(reverse(f"admin:orders_{table}_changelist"))

    assert answer.status_code == 200
    assert staff.get(reverse(f"admin:orders_{table}_add")).status_code == 403


def test_a_mail_can_be_read_as_it_was_sent(staff: Client) -> None:
    an_order(a_cart(an_article()))
    drain()
    first = Notification.objects.order_by("sent_at")[0]

    page = staff.get(reverse("admin:orders_notification_change", args=[first.pk])).content.decode()

    assert "thank you for your order" in page


def test_orders_are_found_by_number_and_by_customer(staff: Client) -> None:
    an_order(a_cart(an_article()))
    drain()
    number = Order.objects.get().number

    for text in (number, "ada@example.com", "Ada"):
        page = staff.get(reverse("admin:orders_order_changelist"), {"q": text}).content.decode()
        assert number in page
