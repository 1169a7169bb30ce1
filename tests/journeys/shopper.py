"""Somebody with a browser: asks for pages, sends forms, and sees what comes back."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from uuid import UUID

from django.test import Client
from django.urls import resolve

from orders import queries

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

ADA = {
    "name": "Ada Byron",
    "email": "ada@example.com",
    "line1": "12 Fern Street",
    "line2": "",
    "city": "Bristol",
    "postcode": "BS1 4DJ",
    "card_number": "4242 4242 4242 4242",
    "expiry": "12/39",
    "cvc": "123",
}
DECLINED = "4000 0000 0000 0002"
TIMEOUT = "4000 0000 0000 0341"
DOWN = "4000 0000 0000 0119"


class Shopper:
    """One browser with its own cookies."""

    def __init__(self) -> None:
        self.client = Client()
        self.address = ""

    def tab(self) -> "Shopper":
        """Another tab of the same browser."""
        other = Shopper()
        other.client.cookies = self.client.cookies
        return other

    def see(self, address: str) -> str:
        """The page at the address, redirects followed."""
        return self._page(self.client.get(address, follow=True))

    def send(self, address: str, **fields: object) -> str:
        """The page that a form leads to."""
        return self._page(self.client.post(address, fields, follow=True))

    def pick(self, sku: str, quantity: object = 1) -> str:
        """Put an article into the basket."""
        return self.send("/cart/add/", sku=sku, quantity=quantity)

    def order(self, **changes: str) -> str:
        """Fill in the checkout as Ada would, apart from the changes, and send it."""
        return self.send("/checkout/", **hidden_fields(self.see("/checkout/")), **(ADA | changes))

    @property
    def order_id(self) -> UUID:
        """The order whose page she is on."""
        return queries.order_by_token(resolve(self.address).kwargs["token"])

    def look(self) -> str:
        """The page she is on, asked for once more."""
        return self.see(self.address)

    def _page(self, response: "Response") -> str:
        chain = response.redirect_chain
        self.address = chain[-1][0] if chain else response.wsgi_request.get_full_path()
        self.status = response.status_code
        return response.content.decode()


class _Hidden(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        field = dict(attrs)
        if tag == "input" and field.get("type") == "hidden":
            self.found[field["name"] or ""] = field["value"] or ""


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of a page, by name."""
    parser = _Hidden()
    parser.feed(page)
    return parser.found


def words(page: str) -> str:
    """What the page says, without its markup."""
    body = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", f"<main{body}"))).strip()


def steps(page: str) -> list[str]:
    """The states of an order's steps, from top to bottom."""
    return re.findall(r'<li class="step (\w+)"', page)
