"""Each kind of page of the staff lets everybody in: unfold's frame and ours, in the light and in the dark."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from catalog.models import Category, Product
from eventbus.models import SagaState
from orders.models import Order
from payments.models import Payment
from tests.browser.live import LiveShop
from tests.browser.looking import barriers
from tests.factories import UserFactory
from tests.orders.builders import a_cart, an_article, an_order
from tests.staff.test_queue import a_task, a_webhook


@pytest.fixture
def boss(shop: LiveShop) -> Client:
    """Somebody who may do everything, in a shop in which there is something to do."""
    call_command("staff_roles", verbosity=0)
    an_order(a_cart(an_article()))
    with shop.paused():
        shop.deliver()
    a_task()
    a_webhook()
    client = Client()
    client.force_login(UserFactory.create(superuser=True, username="sam"))
    return client


def pages(boss: Client) -> dict[str, str]:
    """One page of each kind, by name."""
    sheet = SimpleUploadedFile("prices.csv", b"sku,price\nMUG-RED,9.00\nCUP,1\n", "text/csv")
    order, category = Order.objects.get().pk, Category.objects.first()
    assert category is not None
    return {
        "today": reverse("admin:index"),
        "queue": reverse("admin:staff_queue"),
        "sheets": reverse("admin:staff_sheets"),
        "sheet": boss.post(reverse("admin:staff_upload", args=["prices"]), {"sheet": sheet})["Location"],
        "order": reverse("admin:orders_order_change", args=[order]),
        "refund": reverse("admin:orders_refund", args=[order]),
        "receive": reverse("admin:orders_receive", args=[order, uuid4()]),
        "orders": reverse("admin:orders_order_changelist"),
        "tasks": reverse("admin:orders_stafftask_changelist"),
        "categories": reverse("admin:catalog_category_changelist"),
        "delete": reverse("admin:catalog_category_delete", args=[category.pk]),
        "history": reverse("admin:catalog_category_history", args=[category.pk]),
        "product": reverse("admin:catalog_product_change", args=[Product.objects.get(sku="MUG-RED").pk]),
        "shelf": reverse("admin:inventory_stockitem_change", args=["MUG-RED"]),
        "payment": reverse("admin:payments_payment_change", args=[Payment.objects.get().pk]),
        "saga": reverse("admin:eventbus_sagastate_change", args=[SagaState.objects.get().pk]),
        "user": reverse("admin:auth_user_change", args=[boss.session["_auth_user_id"]]),
        "password": reverse("admin:password_change"),
    }


def test_each_kind_of_page_lets_everybody_in(
    boss: Client, shop: LiveShop, browser_page: Page, screenshot: Callable[..., None]
) -> None:
    browser_page.goto(reverse("admin:login"))
    screenshot("staff-log-in")
    found = {"log-in": barriers(browser_page)}
    session = boss.cookies[settings.SESSION_COOKIE_NAME].value
    browser_page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": shop.url}]
    )

    for name, address in pages(boss).items():
        browser_page.goto(address)
        screenshot(f"staff-{name}")
        found[name] = barriers(browser_page)

    assert {name: there for name, there in found.items() if there} == {}
