"""Operators run the bus from the admin: a failed message, a paused projection, a rebuild in progress."""

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from eventbus import Reject, jobs, replay
from eventbus.bridge import inbox
from eventbus.models import Act, Arrival, Delivery, Message, RebuildJob
from eventbus.subscriptions import Call, subscription
from eventbus.testing import drain
from tests.browser.live import LiveShop
from tests.browser.looking import barriers
from tests.factories import UserFactory
from tests.orders.builders import a_confirmed_order, an_article

BUS = "/admin/eventbus"
LISTING, ASKS = "catalog.catalog_listing", "orders.ask_for_confirmation"
Screenshot = Callable[..., None]


@pytest.fixture
def operator(browser_page: Page, shop: LiveShop) -> Page:
    """A tab of somebody who may do everything, at the bus's overview."""
    client = Client()
    client.force_login(UserFactory.create(superuser=True, username="ada"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    browser_page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": shop.url}]
    )
    browser_page.goto(f"{BUS}/checkpoint/overview/")
    return browser_page


def open_page(page: Page, name: str) -> None:
    """Go where the console's menu leads."""
    menu = page.get_by_role("navigation", name="Message bus")
    menu.get_by_role("link", name=name).click()
    expect(menu.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")


def chip(page: Page, text: str) -> Locator:
    return page.locator(".eb-chip").get_by_text(text, exact=True).first


def test_an_operator_finds_a_failed_message_and_has_it_tried_again(
    operator: Page, shop: LiveShop, monkeypatch: pytest.MonkeyPatch, screenshot: Screenshot
) -> None:
    def refuse(event: object) -> None:
        raise Reject("the template is broken")

    consumer = subscription(ASKS).consumer
    with monkeypatch.context() as broken:
        broken.setattr(consumer, "call", Call(refuse, consumer.call.accepts, wants_envelope=False))
        a_confirmed_order()
        with shop.paused():
            shop.deliver()
    operator.reload()
    expect(operator.get_by_text("Something wants looking at.")).to_be_visible()

    open_page(operator, "Failures")
    expect(operator.get_by_text("Reject: the template is broken").first).to_be_visible()
    screenshot("console-failing")
    operator.get_by_role("link", name="order_confirmed").click()
    expect(operator.get_by_role("row", name=re.compile(ASKS))).to_contain_text("dead")
    screenshot("console-failed-message")
    operator.go_back()
    operator.get_by_label("Reason").fill("the template is mended")
    operator.get_by_role("button", name="Try again").click()
    expect(operator.get_by_text("To be tried again: 1, from now.")).to_be_visible()

    with shop.paused():
        shop.deliver()
    operator.reload()
    expect(operator.get_by_text("No consumer has failed.")).to_be_visible()
    assert not Delivery.objects.exists()
    assert list(Act.objects.values_list("actor", "act", "reason")) == [
        ("ada", "retry", "the template is mended")
    ]


def test_an_operator_pauses_a_projection_and_lets_it_go_on(
    operator: Page, shop: LiveShop, screenshot: Screenshot
) -> None:
    open_page(operator, "Subscriptions")
    operator.get_by_role("link", name=LISTING).click()
    operator.get_by_label("Why?").fill("the search is being mended")
    operator.get_by_role("button", name="Pause").click()
    expect(operator.get_by_text("by ada.")).to_be_visible()

    an_article(sku="NEW-MUG")
    unread = operator.locator("dl.eb-tiles > div", has_text="Not read").locator("dd").first
    expect(unread).to_have_text("2")  # without loading the page again
    screenshot("console-paused")

    operator.get_by_role("button", name="Resume").click()
    expect(chip(operator, "at work")).to_be_visible()
    expect(unread).to_have_text("0")


def test_an_operator_has_a_projection_rebuilt_and_watches_it(
    operator: Page, shop: LiveShop, monkeypatch: pytest.MonkeyPatch, screenshot: Screenshot
) -> None:
    monkeypatch.setattr(replay, "BATCH", 20)
    operator.goto(f"{BUS}/checkpoint/of/{LISTING}/")
    operator.get_by_role("button", name="Rebuild").click()
    expect(chip(operator, "asked")).to_be_visible()

    with shop.paused():
        jobs.work(LISTING, seconds=0)
        reached = RebuildJob.objects.get().position
        # The page sees it by itself.
        expect(operator.get_by_text(f"the log is read up to position {reached} of")).to_be_visible()
        expect(operator.get_by_role("button", name="Stop the rebuild")).to_be_visible()
        screenshot("console-rebuilding")
        while jobs.work(LISTING, seconds=0):
            pass

    expect(operator.get_by_text("Rebuilt; every row was as the log gives it.")).to_be_visible()


def test_every_page_of_the_console_lets_everybody_in(
    operator: Page, shop: LiveShop, screenshot: Screenshot
) -> None:
    a_confirmed_order()
    with shop.paused():
        drain()
    inbox.take([b"<not a message/>"])
    message = Message.objects.filter(type="orders.order_confirmed").get()
    pages = {
        "overview": f"{BUS}/checkpoint/overview/",
        "failures": f"{BUS}/delivery/failures/",
        "subscriptions": f"{BUS}/checkpoint/",
        "subscription": f"{BUS}/checkpoint/of/{LISTING}/",
        "messages": f"{BUS}/message/",
        "message": f"{BUS}/message/{message.pk}/change/",
        "map": f"{BUS}/message/map/",
        "map-orders": f"{BUS}/message/map/?room=orders",
        "breakers": f"{BUS}/breaker/",
        "arrivals": f"{BUS}/arrival/",
        "arrival": f"{BUS}/arrival/{Arrival.objects.get().pk}/change/",
    }
    found: dict[str, list[str]] = {}
    for name, page in pages.items():
        operator.goto(page)
        screenshot(f"console-{name}")
        found[name] = barriers(operator)
        wider = operator.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[name] += ["wider than the window"] if wider else []

    assert found == {name: [] for name in pages}
