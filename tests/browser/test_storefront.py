"""The shop's face: everybody gets in, by mouse or keyboard, with script or without."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.chromium import PHONE, Visits

PAGES = {
    "category": "/category/kitchen/",
    "search": "/search/?q=candle&min=10&max=29.99&stock=1",
    "nearly": "/search/?q=candel",
    "nothing": "/search/?q=xylophone",
    "too-narrow": "/search/?q=teapot&category=garden",
    "product": "/product/four-cup-round-teapot/",
    "sold-out": "/product/wren-box/",
}


def test_every_page_of_the_shelves_lets_everybody_in(
    browser_page: Page, screenshot: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    for name, address in PAGES.items():
        browser_page.goto(address)
        screenshot(name)
        axe(browser_page)


def test_no_page_is_wider_than_a_small_phone(visits: Visits) -> None:
    page = visits.open(viewport={"width": 320, "height": 640})

    for address in ("/", *PAGES.values()):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 320, address


def test_the_search_box_suggests_and_is_walked_by_keyboard(
    browser_page: Page, screenshot: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    browser_page.goto("/")
    box = browser_page.get_by_label("Search the shop")
    suggested = browser_page.get_by_role("list", name="Products")

    box.press_sequentially("teap")
    expect(suggested.get_by_role("link")).to_have_count(1)
    expect(browser_page.locator("#suggestions-said")).to_have_text("1 found, 1 shown below the search box.")
    screenshot("suggestions")
    axe(browser_page)

    box.press("Escape")
    expect(suggested).to_be_hidden()
    box.press_sequentially("o")
    expect(suggested).to_be_visible()
    box.press("ArrowDown")
    expect(suggested.get_by_role("link")).to_be_focused()
    browser_page.keyboard.press("Enter")
    expect(browser_page).to_have_url(re.compile("/product/four-cup-round-teapot/"))


def test_filters_change_the_shelf_in_place_and_the_address_with_it(browser_page: Page) -> None:
    browser_page.goto("/search/")
    browser_page.evaluate("document.body.dataset.same = 'page'")

    browser_page.get_by_label("Garden").check()
    expect(browser_page.locator("#found-count")).to_have_text("10 items")
    expect(browser_page.get_by_label("Garden")).to_be_focused()
    browser_page.get_by_label("In stock").check()
    expect(browser_page.locator("#found-count")).to_have_text("9 items")
    # The other departments are still counted, as if this one were not chosen.
    expect(browser_page.locator("label", has_text="Kitchen & table")).to_contain_text("10")
    browser_page.get_by_label("Sort by").select_option("price")
    expect(browser_page.locator("#results h2").first).to_have_text("Jute twine on a beech spool")

    assert browser_page.evaluate("document.body.dataset.same") == "page"
    expect(browser_page).to_have_url(re.compile(r"sort=price&category=garden&min=&max=&stock=1$"))
    browser_page.reload()
    expect(browser_page.locator("#found-count")).to_have_text("9 items")
    browser_page.go_back()
    browser_page.go_back()
    expect(browser_page.locator("#found-count")).to_have_text("10 items")


def test_filters_work_without_a_script(visits: Visits) -> None:
    page = visits.open(java_script_enabled=False)
    page.goto("/search/")

    page.get_by_label("Garden").check()
    page.get_by_label("To £").fill("20")
    page.get_by_role("button", name="Show what fits").click()

    expect(page.locator("#found-count")).to_have_text("2 items")
    page.get_by_role("link", name="Without Garden").click()
    expect(page.get_by_label("Garden")).not_to_be_checked()


def test_on_a_phone_the_filters_fold_and_stay_open_while_they_are_used(visits: Visits) -> None:
    page = visits.open(viewport=PHONE)
    page.goto("/search/")
    expect(page.get_by_label("Reduced")).to_be_hidden()

    page.get_by_text("Filter and sort").click()
    page.get_by_label("Reduced").check()

    expect(page.locator("#found-count")).to_have_text("6 items")
    expect(page.get_by_label("Reduced")).to_be_visible()


def test_light_or_dark_is_chosen_without_a_script(visits: Visits) -> None:
    page = visits.open(java_script_enabled=False, color_scheme="light")
    page.goto("/product/four-cup-round-teapot/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.get_by_role("button", name="Dark").click()

    expect(page).to_have_url(re.compile("/product/four-cup-round-teapot/"))
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_a_keyboard_reaches_the_content_at_once_and_shows_where_it_is(browser_page: Page) -> None:
    browser_page.goto("/category/kitchen/")

    browser_page.keyboard.press("Tab")
    skip = browser_page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    browser_page.keyboard.press("Enter")
    browser_page.keyboard.press("Tab")

    expect(browser_page.get_by_label("Sort by")).to_be_focused()
    assert browser_page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_nothing_jumps_when_pictures_come(browser_page: Page) -> None:
    for address in ("/", "/search/", "/product/four-cup-round-teapot/"):
        browser_page.goto(address)
        assert (
            browser_page.eval_on_selector_all(
                "main img",
                "all => all.filter(each => !each.getAttribute('width') || !each.getAttribute('height'))",
            )
            == []
        )


def test_a_gallery_shows_each_picture_by_its_link(visits: Visits) -> None:
    page = visits.open(java_script_enabled=False)
    page.goto("/product/four-cup-round-teapot/")
    closer = page.get_by_role("img", name="Four-cup round teapot, seen closer", exact=True)
    expect(closer).not_to_be_in_viewport()

    page.get_by_role("link", name="Show picture 2").click()

    expect(closer).to_be_in_viewport(ratio=0.5)
