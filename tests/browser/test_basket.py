"""The basket, changed in place; without script, by the same forms."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from catalog import services as catalog
from eventbus.testing import drain
from inventory import services as inventory
from inventory.queries import stock_of
from payments.money import Money
from tests.browser.buying import BOWL, COTTAGE, MUG, pick
from tests.browser.chromium import Visits
from tests.browser.live import LiveShop


def test_the_basket_changes_in_place(visits: Visits) -> None:
    page = visits.open()
    pick(page, BOWL)
    pick(page, MUG)
    page.evaluate("window.stays = true")
    count, total = page.locator("#basket .count"), page.locator(".sums dd.total")

    page.get_by_role("button", name="One Supper bowl, harbour blue more").click()
    expect(count).to_have_text("3 items")
    expect(page.get_by_role("button", name="One Supper bowl, harbour blue more")).to_be_focused()
    page.get_by_label("How many of Hearth stoneware mug").fill("4")
    page.keyboard.press("Enter")
    expect(total).to_have_text("£94.00")
    page.get_by_role("button", name="Remove Hearth stoneware mug").click()
    expect(page.get_by_role("button", name="Put it back")).to_be_focused()
    expect(page.locator("#said")).to_have_text("2 items in your basket, £39.95 in all.")
    page.keyboard.press("Enter")
    expect(count).to_have_text("6 items")

    assert page.evaluate("window.stays")


def test_without_script_the_same_forms_do(visits: Visits) -> None:
    page = visits.open(java_script_enabled=False)
    pick(page, BOWL)

    page.get_by_label("How many of Supper bowl").fill("3")
    page.get_by_role("button", name="Update Supper bowl").click()
    expect(page.locator("#basket .count")).to_have_text("3 items")
    page.get_by_role("button", name="One Supper bowl, harbour blue less").click()
    expect(page.locator("#basket .count")).to_have_text("2 items")
    page.get_by_role("button", name="Remove Supper bowl").click()
    expect(page.get_by_role("heading", name="Nothing in it yet.")).to_be_visible()
    page.get_by_role("button", name="Put it back").click()

    expect(page.locator("#basket .count")).to_have_text("2 items")


def test_what_has_moved_is_explained(
    shop: LiveShop, browser_page: Page, screenshot: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    page = browser_page
    for slug in (BOWL, MUG, COTTAGE):
        pick(page, slug)
    page.get_by_label("How many of Hearth stoneware mug").fill("3")
    page.keyboard.press("Enter")
    expect(page.locator("#basket .count")).to_have_text("5 items")

    with shop.paused():
        catalog.change_price(sku="BOWL-SUPPER", price=Money(1950, "GBP"))
        mugs = stock_of(["MUG-HEARTH"])["MUG-HEARTH"].available
        inventory.adjust_stock(sku="MUG-HEARTH", quantity=2 - mugs, reason="broken")
        inventory.adjust_stock(sku="COTTAGE-TEALIGHT", quantity=-1, reason="broken")
        drain()
    page.reload()

    expect(
        page.get_by_text("The price has changed from £18.00 to £19.50 since you picked it.")
    ).to_be_visible()
    expect(page.get_by_text("Only 2 left.")).to_be_visible()
    expect(page.get_by_text("Sold out at the moment.")).to_be_visible()
    expect(page.get_by_role("link", name="Check out")).to_have_count(0)
    screenshot("basket-moved")
    axe(page)
    page.get_by_role("button", name="Take 2 Hearth stoneware mug").click()
    page.get_by_role("button", name="Remove Tealight cottage").click()
    expect(page.get_by_role("link", name="Check out")).to_be_visible()
