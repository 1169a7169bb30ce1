"""What can go wrong between "Pay" and the parcel: two at once, twice, back, slow, and the bank's own page."""

from collections.abc import Callable

import pytest
from django.db import transaction
from playwright.sync_api import Page, Request, expect

from orders.models import Cart, Order
from tests.browser.buying import CHALLENGE, COTTAGE, DOWN, headline, ready_to_pay
from tests.browser.chromium import Visits
from tests.browser.live import LiveShop

Keep = Callable[..., None]
Check = Callable[[Page], None]


def posts(page: Page) -> list[Request]:
    """The forms that a page sends from now on."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    return sent


def test_two_tabs_race_for_the_last_unit(
    shop: LiveShop, visits: Visits, screenshot: Keep, axe: Check
) -> None:
    racers = [visits.open(), visits.open()]
    buttons = [ready_to_pay(page, COTTAGE) for page in racers]

    with shop.paused():
        for page, pay in zip(racers, buttons, strict=True):
            pay.click()
            expect(headline(page)).to_have_text("We are working on your order")

    winner, loser = racers
    expect(headline(winner)).to_have_text("Your order is on its way")
    expect(headline(loser)).to_have_text("Your order was cancelled")
    expect(loser.get_by_text("Sold out before we could reserve it: Tealight cottage")).to_be_visible()
    screenshot("order-sold-out", loser)
    axe(loser)


def test_who_comes_too_late_is_told_before_anything_is_ordered(shop: LiveShop, visits: Visits) -> None:
    first, late = visits.open(), visits.open()
    buttons = [ready_to_pay(page, COTTAGE) for page in (first, late)]
    buttons[0].click()
    expect(headline(first)).to_have_text("Your order is on its way")

    buttons[1].click()

    summary = late.get_by_role("alert")
    expect(summary).to_contain_text("Please take out what cannot be had now: Tealight cottage.")
    expect(late.get_by_role("button", name="Pay £")).to_have_count(0)
    assert Order.objects.count() == 1


def test_whoever_presses_again_while_the_server_is_slow_pays_once(browser_page: Page) -> None:
    pay, sent = ready_to_pay(browser_page), posts(browser_page)
    pay.scroll_into_view_if_needed()
    box = pay.bounding_box()
    assert box is not None

    with transaction.atomic():
        Cart.objects.select_for_update().get()
        for _ in range(3):
            browser_page.mouse.dblclick(box["x"] + 20, box["y"] + 20)

    expect(headline(browser_page)).to_have_text("Your order is on its way")
    assert len(sent) == 1
    assert Order.objects.count() == 1


def test_a_double_click_without_script_pays_once_too(visits: Visits) -> None:
    page = visits.open(java_script_enabled=False)

    ready_to_pay(page).dblclick()

    expect(headline(page)).to_have_text("Your order is on its way")
    assert Order.objects.count() == 1


def test_the_back_button_leads_to_the_order_not_to_another(browser_page: Page) -> None:
    ready_to_pay(browser_page).click()
    expect(headline(browser_page)).to_have_text("Your order is on its way")

    browser_page.go_back()

    expect(headline(browser_page)).to_have_text("Your order is on its way")
    assert Order.objects.count() == 1


@pytest.mark.parametrize("_answer", ["confirm", "refuse"])
def test_the_bank_has_its_say(_answer: str, visits: Visits, screenshot: Keep, axe: Check) -> None:
    page = visits.open()
    ready_to_pay(page, **{"Card number": CHALLENGE}).click()
    bank = page.get_by_role("link", name="Confirm with your bank")
    expect(bank).to_be_visible()
    if _answer == "confirm":
        screenshot("order-bank", page)
        axe(page)

    bank.click()
    page.locator(f"button[value={_answer}]").click()

    end = {"confirm": "Your order is on its way", "refuse": "Your order was cancelled"}[_answer]
    expect(headline(page)).to_have_text(end)


def test_a_page_that_missed_an_answer_looks_again(shop: LiveShop, browser_page: Page) -> None:
    page = browser_page
    page.clock.install()
    with shop.paused():
        ready_to_pay(page).click()
        expect(headline(page)).to_have_text("We are working on your order")
        page.route("**/orders/**", lambda route: route.abort())
        page.clock.run_for(1_500)
    expect(headline(page)).to_have_text("We are working on your order")

    page.unroute_all()
    page.clock.run_for(30_000)

    expect(headline(page)).to_have_text("Your order is on its way")


def test_the_page_keeps_the_focus_and_reads_out_what_is_new(shop: LiveShop, browser_page: Page) -> None:
    page = browser_page
    with shop.paused():
        ready_to_pay(page, **{"Card number": DOWN}).click()
        page.get_by_role("link", name="Cancel this order").focus()

    expect(page.locator("#said")).to_have_text("Taking payment…")
    expect(page.get_by_role("link", name="Cancel this order")).to_be_focused()


def test_a_card_is_left_for_another_and_an_order_cancelled(
    browser_page: Page, screenshot: Keep, axe: Check
) -> None:
    page = browser_page
    ready_to_pay(page, **{"Card number": DOWN}).click()
    page.get_by_role("link", name="Pay with another card").click()
    expect(headline(page)).to_have_text("Pay with another card")
    screenshot("order-card")
    axe(page)
    page.go_back()

    page.get_by_role("link", name="Cancel this order").click()
    expect(headline(page)).to_have_text("Cancel this order")
    screenshot("order-cancel")
    axe(page)
    page.get_by_role("button", name="Cancel the order").click()

    expect(headline(page)).to_have_text("Your order was cancelled")
    expect(page.get_by_text("You asked us to cancel. I have changed my mind")).to_be_visible()
    screenshot("order-cancelled")
    axe(page)
