"""Accounts in a real browser: signing up through the mailbox, two baskets, and a guest's order."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests.accounts.visitor import PASSWORD, an_account
from tests.browser.buying import fill_in, pick
from tests.browser.chromium import Visits
from tests.browser.live import LiveShop

Look = Callable[[str, Page], None]


@pytest.fixture(autouse=True)
def _mailbox(settings: Settings, tmp_path: Path) -> None:
    """Mails go where the demonstration shows them."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path


@pytest.fixture
def look(screenshot: Callable[..., None], axe: Callable[[Page], None]) -> Look:
    """Keeps a picture of a page, and holds that it keeps nobody out."""

    def kept(name: str, page: Page) -> None:
        screenshot(f"account-{name}", page)
        axe(page)

    return kept


def open_newest_mail(page: Page) -> None:
    """Look into the demonstration's mailbox until there is a mail, and open its link."""
    link = page.locator("article.mail pre a").first
    page.goto("/account/mailbox/")
    for _ in range(50):
        if link.count():
            break
        page.wait_for_timeout(100)
        page.reload()
    link.click()


def log_in(page: Page) -> None:
    """Through the form that is on the page."""
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("_script", [True, False], ids=["with-javascript", "without-javascript"])
def test_signing_up_through_the_mailbox(_script: bool, shop: LiveShop, visits: Visits, look: Look) -> None:
    page = visits.open(java_script_enabled=_script)
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Log in").click()
    page.get_by_role("link", name="Create an account").click()

    page.get_by_label("Your name").fill("Ada Byron")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    open_newest_mail(page)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password again").fill(PASSWORD)
    page.get_by_role("button", name="Create my account").click()

    expect(page.get_by_text("Welcome, Ada Byron.")).to_be_visible()
    expect(page.get_by_role("banner").get_by_role("link", name="Ada Byron")).to_be_visible()


def test_every_page_at_the_door_lets_everybody_in(shop: LiveShop, visits: Visits, look: Look) -> None:
    page = visits.open()
    for place in ("log-in", "join", "password", "find-order", "mail-asked/join", "mailbox", "join/old-link"):
        page.goto(f"/account/{place}/")
        look(place.replace("/", "-"), page)
    page.goto("/account/log-in/")
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password").fill("guess")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_text("do not belong together")).to_be_visible()
    look("log-in-refused", page)


def test_an_address_from_the_book_is_used_at_checkout(shop: LiveShop, visits: Visits, look: Look) -> None:
    an_account(name="Ada")
    page = visits.open()
    page.goto("/account/addresses/")
    log_in(page)
    look("addresses-empty", page)
    page.get_by_role("link", name="Add an address").click()
    look("address", page)
    for label, answer in {
        "Street and number": "12 Fern Street",
        "Town or city": "Bristol",
        "Postcode": "bs1 4dj",
    }.items():
        page.get_by_label(label).fill(answer)
    page.get_by_role("button", name="Save the address").click()
    look("addresses", page)

    pick(page, "supper-bowl-harbour-blue")
    page.goto("/checkout/")
    expect(page.get_by_label("Street and number")).to_have_value("12 Fern Street")
    expect(page.get_by_label("Postcode")).to_have_value("BS1 4DJ")
    fill_in(page)
    page.get_by_role("button", name=re.compile("[Pp]ay £")).click()
    expect(page.get_by_role("heading", name="Your order is on its way")).to_be_visible()

    page.get_by_role("banner").get_by_role("link", name="Ada").click()
    look("orders", page)
    page.get_by_role("link", name="Supper bowl, harbour blue").click()
    expect(page.get_by_text("It is in your account")).to_be_visible()
    page.goto("/account/profile/")
    look("profile", page)


def test_two_baskets_become_one_and_two_again(shop: LiveShop, visits: Visits, look: Look) -> None:
    an_account(name="Ada")
    page = visits.open()
    page.goto("/account/log-in/")
    log_in(page)
    pick(page, "supper-bowl-harbour-blue")
    page.goto("/account/orders/")
    page.get_by_role("button", name="Log out").click()
    pick(page, "ash-bread-board")

    page.goto("/account/log-in/?next=/cart/")
    log_in(page)
    expect(page.get_by_text("Ash bread board: 1 came from this visit.")).to_be_visible()
    look("united", page)
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("heading", name="as it was before you logged in")).to_be_visible()
    expect(page.locator(".line-name")).to_have_text(["Ash bread board"])
    page.get_by_role("button", name="Put the two together").click()
    expect(page.locator(".line-name")).to_have_text(["Supper bowl, harbour blue", "Ash bread board"])


def test_a_guests_order_is_claimed_by_its_link_and_its_links_end(
    shop: LiveShop, visits: Visits, look: Look
) -> None:
    an_account(name="Ada")
    page = visits.open()
    pick(page, "supper-bowl-harbour-blue")
    page.goto("/checkout/")
    fill_in(page)
    page.get_by_role("button", name=re.compile("[Pp]ay £")).click()
    expect(page.get_by_role("heading", name="Your order is on its way")).to_be_visible()
    old = page.url

    page.get_by_text("Somebody else has the link?").click()
    page.get_by_role("button", name="Cut off the older links").click()
    expect(page.get_by_text("Older links to this order do not open it any more.")).to_be_visible()
    thief = visits.open()
    thief.goto(old)
    expect(thief.get_by_role("heading", name="This link has expired.")).to_be_visible()
    look("expired", thief)

    page.get_by_role("link", name="log in", exact=True).click()
    log_in(page)
    page.get_by_role("button", name="Add it to my account").click()
    expect(page.get_by_text("This order is in your account now.")).to_be_visible()
    page.goto("/account/orders/")
    expect(page.get_by_role("link", name="Supper bowl, harbour blue")).to_be_visible()
