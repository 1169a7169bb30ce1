"""The whole purchase, from search to mail: with script and without, on a phone, by keyboard alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.buying import ADA, fill_in, headline, pick, ready_to_pay
from tests.browser.chromium import PHONE, Visits
from tests.browser.live import LiveShop

FOCUSED = """() => {
    const at = document.activeElement;
    return [(at.labels?.[0] ?? at).innerText, getComputedStyle(at).outlineStyle];
}"""
Keep = Callable[..., None]
Check = Callable[[Page], None]


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
        page.get_by_role("button", name=re.compile("^Pay £")).click()
        expect(headline(page)).to_have_text("We are working on your order")

    expect(headline(page)).to_have_text("Your order is on its way")
    expect(page).to_have_title("Your order is on its way · Fernhill")
    page.get_by_role("link", name="Read the mails about this order").click()
    expect(page.get_by_role("heading", name=re.compile("is confirmed"))).to_be_visible()


def test_every_page_of_the_purchase_lets_everybody_in(
    shop: LiveShop, browser_page: Page, screenshot: Keep, axe: Check
) -> None:
    page = browser_page

    def look_at(name: str) -> None:
        screenshot(name)
        axe(page)

    page.goto("/cart/")
    look_at("basket-empty")
    pick(page, "supper-bowl-harbour-blue")
    look_at("basket")
    page.get_by_role("link", name="Check out").click()
    page.get_by_role("button", name=re.compile("^Pay £")).click()
    look_at("checkout-refused")
    fill_in(page)
    look_at("checkout")
    with shop.paused():
        page.get_by_role("button", name=re.compile("^Pay £")).click()
        look_at("order-placed")
    expect(headline(page)).to_have_text("Your order is on its way")
    look_at("order-shipped")
    order = page.url
    for name in ("mails", "return"):
        page.goto(f"{order}{name}/")
        look_at(f"order-{name}")


def test_a_purchase_on_a_phone(visits: Visits) -> None:
    page = visits.open(viewport=PHONE, has_touch=True, is_mobile=True)
    pages = []

    def fits() -> None:
        pages.append(page.evaluate("document.documentElement.scrollWidth"))

    pick(page, "supper-bowl-harbour-blue")
    expect(headline(page)).to_have_text("Your basket")
    fits()
    page.get_by_role("link", name="Check out").tap()
    expect(headline(page)).to_have_text("Check out")
    fits()
    fill_in(page)
    page.get_by_role("button", name=re.compile("^Pay £")).tap()
    expect(headline(page)).to_have_text("Your order is on its way")
    fits()

    assert pages == [390, 390, 390]


def test_a_purchase_by_keyboard_alone(browser_page: Page) -> None:
    page = browser_page

    def tab_to(name: str) -> None:
        """Go on with the tab key until something of this name has the focus, and a ring that shows it."""
        for _ in range(60):
            page.keyboard.press("Tab")
            said, outline = page.evaluate(FOCUSED)
            if name in said:
                assert outline != "none", name
                return
        raise AssertionError(f"The tab key does not lead to {name}.")

    page.goto("/product/supper-bowl-harbour-blue/")
    tab_to("Put in the basket")
    page.keyboard.press("Enter")
    expect(headline(page)).to_have_text("Your basket")
    tab_to("Check out")
    page.keyboard.press("Enter")
    expect(headline(page)).to_have_text("Check out")
    for label, answer in ADA.items():
        tab_to(label)
        page.keyboard.type(answer)
    page.keyboard.press("Enter")

    expect(headline(page)).to_have_text("Your order is on its way")


def test_what_is_wrong_is_read_out_first_and_leads_to_its_field(browser_page: Page) -> None:
    pay = ready_to_pay(browser_page, **{"E-mail": "ada@", "Postcode": ""})

    pay.click()

    summary = browser_page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link")).to_have_count(2)
    summary.get_by_role("link", name="Please tell us the postcode.").click()
    postcode = browser_page.get_by_label("Postcode", exact=True)
    expect(postcode).to_be_focused()
    expect(postcode).to_have_attribute("aria-invalid", "true")
    expect(postcode).to_have_accessible_description("Please tell us the postcode.")
