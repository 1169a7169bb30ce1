"""What a shopper does on the way to an order."""

from playwright.sync_api import Page

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


def pick(page: Page, slug: str) -> None:
    """Put an article into the basket from its own page."""
    page.goto(f"/product/{slug}/")
    page.get_by_role("button", name="Put in the basket").click()


def fill_in(page: Page, **changes: str) -> None:
    """Fill in the checkout as Ada would, apart from the changes; their names are those of the labels."""
    for label, answer in (ADA | changes).items():
        page.get_by_label(label, exact=True).fill(answer)
