"""Chromium, headless: where it is found, how it is started, and what it complains about."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, ViewportSize

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "Chromium is missing: install it with `apt install chromium` (Debian, Ubuntu), "
    "or with `.venv/bin/playwright install --with-deps chromium`."
)
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# An answer of 4xx is a page like any other, and looked at as such. A request may make way for
# a newer one or for another page, or be lost on the way.
EXPECTED = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort", "htmx:sendError")
PATIENCE_MS = 20_000
DESK = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)


def find(playwright: Playwright) -> str | None:
    """The path of the system's Chromium, else of Playwright's own, else None."""
    own = playwright.chromium.executable_path
    return next(filter(None, map(shutil.which, NAMES)), own if Path(own).exists() else None)


@dataclass
class Visits:
    """Everybody who visits the shop in one test, each with cookies of their own.

    complaints: what their consoles said in red, such as what the content policy has stopped; a test that
    expects some of it clears the list.
    """

    browser: Browser
    url: str
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, **options: Any) -> Page:
        """A tab of a new visitor; the options are those of a Playwright context, such as `viewport=PHONE`."""
        context = self.browser.new_context(base_url=self.url, **({"viewport": DESK} | options))
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._listen)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self._contexts.append(context)
        return context.new_page()

    def close(self) -> None:
        """Send everybody home, so that no connection keeps the server waiting."""
        for context in self._contexts:
            context.close()

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED):
            self.complaints.append(message.text)
