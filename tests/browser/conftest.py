"""What every visit starts from.

def test_a_visit(shop: LiveShop, browser_page: Page, screenshot: Screenshot, axe: Axe) -> None:
    browser_page.goto("/")
    screenshot("home")
    axe(browser_page)

One Chromium serves all tests. Each has a fresh shop with the demo's products, and visitors of its own:
`browser_page` is one of them, `visits.open(viewport=PHONE)` another. In the end no console
may have complained.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import Settings

from eventbus.testing import drain
from orders.views import following
from tests.browser import chromium
from tests.browser.chromium import Visits
from tests.browser.live import LiveShop
from tests.browser.looking import barriers, take_pictures

PICTURES = Path(__file__).resolve().parents[2] / ".state" / "screenshots"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none, the test skips and says how to install it."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        path = chromium.find(playwright)
        if path is None:
            pytest.skip(chromium.MISSING)
        # Playwright runs a loop on this thread: Django takes it for asynchronous code, and keeps another
        # connection there than before and after.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        running = playwright.chromium.launch(executable_path=path, args=chromium.SWITCHES)
        expect.set_options(timeout=chromium.PATIENCE_MS)
        yield running
        running.close()
        connection.close()


@pytest.fixture
def shop(
    browser: Browser, shop_url: str, sandbox: object, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LiveShop]:
    """The shop with the demo's products, open for visitors, with a worker that delivers.

    Whoever follows an order looks again after a fifth of a second, not after a whole one.
    """
    settings.SITE_URL = shop_url
    monkeypatch.setattr(following, "_CHECKOUT", replace(following._CHECKOUT, first=0.2))
    call_command("load_demo", stdout=StringIO())
    drain()
    running = LiveShop(shop_url)
    yield running
    running.close()


@pytest.fixture
def visits(browser: Browser, shop: LiveShop) -> Iterator[Visits]:
    """Opens a tab for each visitor that a test wants."""
    everybody = Visits(browser, shop.url)
    yield everybody
    everybody.close()
    assert everybody.complaints == []


@pytest.fixture
def browser_page(visits: Visits) -> Page:
    """A tab of somebody at a desk, at the shop's address."""
    return visits.open()


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Keeps pictures of `browser_page`, or of another page, as .state/screenshots/<name>.png."""

    def keep(name: str, page: Page | None = None) -> None:
        take_pictures(page or request.getfixturevalue("browser_page"), name, PICTURES)

    return keep


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Asserts that nothing on a page keeps anybody out."""

    def check(page: Page) -> None:
        found = barriers(page)
        assert not found, "\n".join(found)

    return check
