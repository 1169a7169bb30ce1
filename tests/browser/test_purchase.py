"""The whole purchase, from search to mail."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.buying import fill_in
from tests.browser.chromium import Visits
from tests.browser.live import LiveShop


@pytest.mark.parametrize("_script", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_purchase_from_search_to_mail(_script: bool, shop: LiveShop, visits: Visits) -> None:
    page = visits.open(java_script_enabled=_script)

    page.goto("/")
    page.get_by_label("Search the shop").fill("supper bo")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Supper bowl").click()
    page.get_by_role("button", name="Put in the basket").click()
    page.get_by_role("link", name="Check out").click()
    fill_in(page)
    with shop.paused():
        page.get_by_role("button", name=re.compile("[Pp]ay £")).click()
        expect(page.get_by_role("heading", name="We are working on your order")).to_be_visible()

    expect(page.get_by_role("heading", name="Your order is on its way")).to_be_visible()
    page.get_by_role("link", name="Read the mails about this order").click()
    expect(page.get_by_role("heading", name=re.compile("is confirmed"))).to_be_visible()


def test_the_front_door_lets_everybody_in(
    browser_page: Page, screenshot: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    browser_page.goto("/")

    screenshot("home")
    axe(browser_page)
