"""Each kind of page of the staff lets everybody in: unfold's frame and ours, in the light and in the dark."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from catalog.models import Category, Product
from config.accounts.models import SecondFactor
from config.api.models import ApiToken
from eventbus.models import Act, Arrival, Breaker, Delivery, Message, SagaState, Timer
from orders.models import Order, Return
from payments.models import AccountCredit, Payment, Refund
from tests.browser.live import LiveShop
from tests.browser.looking import barriers
from tests.factories import UserFactory
from tests.orders.builders import a_cart, an_article, an_order
from tests.staff.test_queue import a_task, a_webhook

OK = 200
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
BETWEEN = ("index", "staff_queue", "staff_sheets", "eventbus_failures", "eventbus_map", "eventbus_overview")


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


def every_page(boss: Client) -> dict[str, str]:
    """The addresses of whatever opens: what each model's admin shows of the newest there is, and the rest."""
    found = {name: reverse(f"admin:{name}") for name in BETWEEN}
    found |= {
        app: reverse("admin:app_list", args=[app]) for app in {model._meta.app_label for model in MODELS}
    }
    found["subscription"] = reverse("admin:eventbus_subscription", args=["orders.checkout"])
    for model in MODELS:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        found |= {f"{name}_{kind}": reverse(f"admin:{name}_{kind}") for kind in ("changelist", "add")}
        newest = model._default_manager.last()
        assert newest is not None, f"There is no {name} to look at."
        for kind in ("change", "delete", "history"):
            found[f"{name}_{kind}"] = reverse(f"admin:{name}_{kind}", args=[newest.pk])
    return {name: address for name, address in found.items() if boss.get(address).status_code == OK}


@pytest.fixture
def people(boss: Client) -> None:
    """What a shop keeps about those who log in, and who may not."""
    sam = User.objects.get(username="sam")
    tried = {"username": "sam", "ip_address": "127.0.0.1", "path_info": "/admin/login/"}
    AccessAttempt.objects.create(**tried, failures_since_start=1)
    AccessLog.objects.create(**tried)
    AccessFailureLog.objects.create(**tried)
    SecondFactor.objects.create(user=UserFactory.create(username="tom"), name="phone")
    ApiToken.objects.create(user=sam, name="till", digest="0" * 64, expires_at=timezone.now())
    LogEntry.objects.log_actions(sam.pk, [sam], CHANGE, "Looked at.", single_object=True)


@pytest.fixture
def money_given_back(boss: Client) -> None:
    """A refund, a return and a credit, beside the boss's order."""
    given = {"amount": 100, "reason": "Chipped"}
    regular = {"customer_reference": "17850", "currency": "GBP"}
    Refund.objects.create(id=uuid4(), payment=Payment.objects.get(), **given)
    AccountCredit.objects.create(id=uuid4(), **regular, **given)
    Return.objects.create(
        id=uuid4(),
        number="C1",
        **regular,
        lines=[],
        refund_amount=100,
        reason="Chipped",
        returned_at=timezone.now(),
    )


@pytest.fixture
def troubles(boss: Client) -> None:
    """What the bus keeps of whatever did not go as it should, and of what was done about it."""
    moment, letter = timezone.now(), Message.objects.latest("position")
    Act.objects.create(actor="sam", act="discarded", subscription="orders.send_mail", reason="Known")
    refused = {"state": Arrival.State.REFUSED, "body": "{", "error": "Broken"}
    Arrival.objects.create(source="payments", event_id="1", **refused)
    Breaker.objects.create(dependency="carrier", failures=5, open_until=moment, error="Down")
    Timer.objects.create(
        saga="orders.checkout", key="1", due_at=moment, type="orders.late", version=1, data="{}", cause={}
    )
    Delivery.objects.create(
        subscription="orders.send_mail",
        message=letter,
        stream=letter.stream,
        shard=0,
        state=Delivery.State.DEAD,
        due_at=moment,
        error="ValueError: no",
    )


def come_in(page: Page, boss: Client, shop: LiveShop) -> None:
    """Let the browser be who the boss is."""
    session = boss.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": shop.url}])


def test_each_kind_of_page_lets_everybody_in(
    boss: Client, shop: LiveShop, browser_page: Page, screenshot: Callable[..., None]
) -> None:
    browser_page.goto(reverse("admin:login"))
    screenshot("staff-log-in")
    found = {"log-in": barriers(browser_page)}
    come_in(browser_page, boss, shop)

    for name, address in pages(boss).items():
        browser_page.goto(address)
        screenshot(f"staff-{name}")
        found[name] = barriers(browser_page)

    assert {name: there for name, there in found.items() if there} == {}


@pytest.mark.usefixtures("people", "money_given_back", "troubles")
def test_every_other_page_lets_everybody_in(boss: Client, shop: LiveShop, browser_page: Page) -> None:
    come_in(browser_page, boss, shop)
    found = {}
    addresses = every_page(boss)
    for name, address in addresses.items():
        browser_page.goto(address)
        found[name] = barriers(browser_page)

    assert {name: there for name, there in found.items() if there} == {}
    lists = {f"{model._meta.app_label}_{model._meta.model_name}_changelist" for model in MODELS}
    assert {name for name in addresses if name.endswith("_changelist")} == lists
