"""What a shopper does on the way to an order."""

import re

from playwright.sync_api import Locator, Page

BOWL, COTTAGE, MUG = "supper-bowl-harbour-blue", "tealight-cottage", "hearth-stoneware-mug"
ADA = {
    "Your name": "Ada Byron",
    "E-mail": "ada@example.com",
    "Street and number": "12 Fern Street",
    "Town or city": "Bristol",
    "Postcode": "BS1 4DJ",
    "Card number": "4242 4242 4242 4242",
    "Expires": "12/39",
    "Security code": "123",
}
CHALLENGE = "4000 0000 0000 3220"
DOWN = "4000 0000 0000 0119"


def pick(page: Page, slug: str) -> None:
    """Put an article into the basket from its own page."""
    page.goto(f"/product/{slug}/")
    page.get_by_role("button", name="Put in the basket").click()


def fill_in(page: Page, **changes: str) -> None:
    """Fill in the checkout as Ada would, apart from the changes; their names are those of the labels."""
    for label, answer in (ADA | changes).items():
        page.get_by_label(label, exact=True).fill(answer)


def ready_to_pay(page: Page, slug: str = BOWL, **changes: str) -> Locator:
    """One article in the basket, the checkout filled in: the button that pays."""
    pick(page, slug)
    page.goto("/checkout/")
    fill_in(page, **changes)
    return page.get_by_role("button", name=re.compile("^Pay £"))


def headline(page: Page) -> Locator:
    """What the page says in the first place."""
    return page.get_by_role("heading", level=1)
