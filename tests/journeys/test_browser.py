"""The whole purchase in a real browser, while the bus delivers beside it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from django.db import connection
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from eventbus.testing import drain

CHROMIUM = shutil.which("chromium")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ANSWERS = {
    "Your name": "Ada Byron",
    "E-mail": "ada@example.com",
    "Street and number": "12 Fern Street",
    "Town or city": "Bristol",
    "Postcode": "BS1 4DJ",
    "Card number": "4242 4242 4242 4242",
    "Expires": "12/39",
    "Security code": "123",
}
PATIENCE_MS = 20_000


@contextmanager
def browser(*, javascript: bool) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        page = chromium.new_page(java_script_enabled=javascript)
        page.set_default_timeout(PATIENCE_MS)
        yield page
        chromium.close()


@contextmanager
def delivering() -> Iterator[None]:
    """A worker beside the shop, until the end of the block."""
    over = Event()
    worker = Thread(target=_deliver_until, args=(over,))
    worker.start()
    try:
        yield
    finally:
        over.set()
        worker.join()


def _deliver_until(over: Event) -> None:
    while not over.wait(0.05):
        drain()
    connection.close()


@pytest.mark.skipif(CHROMIUM is None, reason="needs a system chromium on the PATH")
@pytest.mark.parametrize("_javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_purchase_from_search_to_mail(_javascript: bool, shop: None, live_server: LiveServer) -> None:
    with browser(javascript=_javascript) as page:
        complaints: list[str] = []
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )

        page.goto(live_server.url)
        page.get_by_label("Search the shop").fill("stonewar")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Stoneware bowl").click()
        page.get_by_role("button", name="Put in the basket").click()
        page.get_by_role("link", name="Check out").click()
        for label, answer in ANSWERS.items():
            page.get_by_label(label, exact=True).fill(answer)
        page.get_by_role("button", name="Order and pay £22.45").click()
        expect(page.get_by_role("heading", name="We are working on your order")).to_be_visible()

        with delivering():
            arrived = page.get_by_role("heading", name="Your order is on its way")
            expect(arrived).to_be_visible(timeout=PATIENCE_MS)

        page.get_by_role("link", name="Read the mails about this order").click()
        expect(page.get_by_role("heading", name=re.compile("is confirmed"))).to_be_visible()
        assert complaints == []
