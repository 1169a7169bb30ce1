"""Staff at work, in a real browser."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Page, expect

from orders import queries
from orders.models import OrderState
from tests.browser.chromium import PHONE, Visits
from tests.browser.live import LiveShop
from tests.orders.builders import a_cart, an_article, an_order, pounds


@pytest.fixture
def finance(shop: LiveShop) -> str:
    """Somebody who may give money back, by their user name."""
    call_command("staff_roles", verbosity=0)
    person = User.objects.create_user("fay", password="let-fay-in-please", is_staff=True)
    person.groups.add(Group.objects.get(name="Finance"))
    return "fay"


@pytest.fixture
def order(shop: LiveShop) -> OrderState:
    """Two mugs, paid and on their way."""
    order_id = an_order(a_cart(an_article()))
    with shop.paused():
        shop.deliver()
    state = queries.order_state(order_id)
    assert state.state == "shipped"
    return state


def log_in(page: Page, username: str) -> None:
    page.goto(reverse("admin:index"))
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill("let-fay-in-please")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Nothing waits for a person")).to_be_visible()


def test_staff_give_money_back(order: OrderState, finance: str, browser_page: Page, screenshot: Any) -> None:
    page = browser_page
    log_in(page, finance)
    screenshot("staff-today")

    page.goto(reverse("admin:orders_order_changelist"))
    page.get_by_role("link", name=order.number).click()
    page.get_by_role("link", name="Give money back").click()
    page.get_by_label("Or a sum").fill("5.00")
    page.get_by_label("Why").fill("The parcel was late.")
    page.get_by_role("button", name="Give back").click()

    expect(page.get_by_text("Granted. The money goes back the way it came.")).to_be_visible()
    expect(page.get_by_text("fay gave back £5.00: The parcel was late.")).to_be_visible()
    assert queries.order_state(order.order_id).refunded == pounds("5.00")
    screenshot("staff-order")


def test_the_slider_shows_an_orders_past(order: OrderState, finance: str, browser_page: Page) -> None:
    page = browser_page
    log_in(page, finance)
    page.goto(reverse("admin:orders_order_change", args=[order.order_id]))
    state = page.locator("#then-facts tr", has_text="State")
    expect(state).to_contain_text("shipped")

    slider = page.get_by_role("slider")
    slider.press("Home")

    expect(state).to_contain_text("placed")
    slider.press("ArrowRight")
    expect(state).to_contain_text("confirmed")


def test_the_slider_works_without_scripts(order: OrderState, finance: str, visits: Visits) -> None:
    page = visits.open(java_script_enabled=False)
    log_in(page, finance)
    page.goto(reverse("admin:orders_order_change", args=[order.order_id]))

    page.get_by_role("slider").press("Home")
    page.get_by_role("button", name="Look at this step").click()

    expect(page).to_have_url(re.compile(r"\?step=0#then$"))
    expect(page.get_by_role("slider")).to_have_value("0")
    expect(page.locator("#then-facts tr", has_text="State")).to_contain_text("placed")


def test_a_phone_without_scripts_has_the_menu_too(finance: str, visits: Visits) -> None:
    page = visits.open(java_script_enabled=False, viewport=PHONE)
    log_in(page, finance)

    page.get_by_role("navigation").get_by_role("link", name=re.compile("Orders$")).click()

    expect(page).to_have_url(re.compile(r"/admin/orders/order/$"))


def test_on_a_phone_the_figures_stand_below_each_other(finance: str, visits: Visits) -> None:
    page = visits.open(viewport=PHONE)
    log_in(page, finance)

    widths = page.eval_on_selector_all(".staff .grid > *", "all => all.map(each => each.offsetWidth)")

    assert len(widths) == 7
    assert set(widths) == {page.locator(".staff .grid").evaluate("grid => grid.offsetWidth")}


def test_a_keyboard_opens_what_unfold_folds(order: OrderState, finance: str, browser_page: Page) -> None:
    page = browser_page
    log_in(page, finance)
    page.goto(reverse("admin:orders_order_changelist"))
    shipped = page.get_by_role("link", name="shipped", exact=True)
    expect(shipped).to_be_hidden()

    page.get_by_role("button", name="Filters").press("Enter")

    expect(shipped).to_be_visible()


def test_each_step_of_the_past_is_a_link(order: OrderState, finance: str, visits: Visits) -> None:
    page = visits.open(viewport=PHONE)
    log_in(page, finance)
    page.goto(reverse("admin:orders_order_change", args=[order.order_id]))

    page.locator("#story time").first.click()

    expect(page.locator("#then-facts tr", has_text="State")).to_contain_text("placed")
