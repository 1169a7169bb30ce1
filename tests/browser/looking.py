"""Looking at a page: its picture on a desk and on a phone, and what axe finds wrong with it."""

from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.chromium import PHONE

WCAG_22_AA = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}


def take_pictures(page: Page, name: str, folder: Path) -> None:
    """Keep the whole page as it is, and as it is on a phone in the dark."""
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True, animations="disabled")
    size = page.viewport_size
    if size and size["width"] > PHONE["width"]:
        page.set_viewport_size(PHONE)
        wear(page, "dark")
        page.screenshot(path=folder / f"{name}-phone.png", full_page=True, animations="disabled")
        wear(page, None)
        page.set_viewport_size(size)


def wear(page: Page, scheme: Literal["light", "dark"] | None) -> None:
    """Show the page in the light or in the dark, or as it came; unfold looks once, when a page loads."""
    page.emulate_media(color_scheme=scheme or "null")
    page.evaluate(
        "dark => document.documentElement.matches('[x-data]')"
        " && document.documentElement.classList.toggle('dark', dark)",
        scheme == "dark",
    )


def barriers(page: Page) -> list[str]:
    """What on the page keeps somebody out, in the light and in the dark: WCAG 2.2 AA, a sentence each."""
    found: list[str] = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(reduced_motion="reduce")
        wear(page, scheme)
        found += [
            f"{scheme}: {violation['help']} ({violation['id']}): {place['html']}: {place['failureSummary']}"
            for violation in Axe().run(page, options=WCAG_22_AA).response["violations"]
            for place in violation["nodes"]
        ]
    page.emulate_media(reduced_motion="null")
    wear(page, None)
    # What axe has styled and restored keeps an empty attribute, which htmx would copy and the policy refuse.
    page.evaluate("document.querySelectorAll('[style=\"\"]').forEach(each => each.removeAttribute('style'))")
    return found
