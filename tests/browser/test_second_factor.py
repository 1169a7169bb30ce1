"""Staff set up a second factor, and log in with it, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.accounts.models import SecondFactor
from tests.accounts.visitor import PASSWORD
from tests.browser.chromium import PHONE, Visits
from tests.browser.live import LiveShop
from tests.security.phone import code_of, sam

Look = Callable[[str, Page], None]


@pytest.fixture
def look(screenshot: Callable[..., None], axe: Callable[[Page], None]) -> Look:
    """Keeps a picture of a page, and holds that it keeps nobody out."""

    def kept(name: str, page: Page) -> None:
        screenshot(f"second-factor-{name}", page)
        axe(page)

    return kept


def give_password(page: Page) -> None:
    """At the staff's door."""
    page.goto("/admin/")
    page.get_by_label("Username").fill("sam@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_a_second_factor_is_set_up_and_asked_for(shop: LiveShop, visits: Visits, look: Look) -> None:
    sam()
    page = visits.open()
    give_password(page)
    page.goto("/account/profile/")
    page.get_by_role("link", name="Set it up").click()
    look("off", page)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("img", name="A QR code")).to_be_visible()
    look("picture", page)
    factor = SecondFactor.objects.get()
    page.get_by_label("Code").fill(code_of(factor))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(10)
    look("codes", page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Nothing waits for a person")).to_be_visible()
    page.goto("/account/second-factor/")
    look("on", page)

    phone = visits.open(viewport=PHONE)
    give_password(phone)
    phone.get_by_label("Code").fill("guess-work")
    phone.get_by_role("button", name="Log in").click()
    expect(phone.get_by_role("alert")).to_contain_text("not right, or was used before")
    look("refused", phone)
    phone.get_by_label("Code").fill(code_of(factor, 30))
    phone.get_by_role("button", name="Log in").click()
    expect(phone.get_by_role("heading", name="Nothing waits for a person")).to_be_visible()
