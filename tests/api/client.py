"""A program that uses the API, and what it orders."""

import json
from typing import Any
from uuid import uuid4

from django.test import Client

from tests.orders.builders import an_article

ADA = {"name": "Ada King", "email": "ada@example.com"}
BRISTOL = {"line1": "1 Queen Square", "city": "Bristol", "postcode": "BS1 4DJ"}
TWO_MUGS = {"amount": 2095, "currency": "GBP"}
TOKEN = "tok_visa"


class Answer:
    """A status, the headers and the members of what was answered."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.body: Any = response.json() if response.content else None

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    @property
    def refusal(self) -> tuple[int, str]:
        """The status and the problem's code."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        return self.status, self.body["code"]


class Api:
    """Speaks JSON; every POST has a key of its own unless it is told one."""

    def __init__(self, **headers: str) -> None:
        self.client = Client()
        self.headers = headers

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        """Read."""
        return Answer(self.client.get(_whole(path), query, headers={**self.headers, **(headers or {})}))

    def post(self, path: str, body: Any = None, *, key: str | None = "", **headers: str) -> Answer:
        """Ask; key=None sends none."""
        idempotency = {} if key is None else {"Idempotency-Key": key or str(uuid4())}
        return self.send("POST", path, body, **idempotency, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        """Set."""
        return self.send("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        """Take away."""
        return self.send("DELETE", path, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Any request with a body of JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = self.client.generic(
            method,
            _whole(path),
            body if isinstance(body, str) else json.dumps(body or {}),
            content_type="application/json",
            headers={**self.headers, **named},
        )
        return Answer(sent)

    def cart(self, sku: str = "MUG-RED", quantity: int = 2) -> str:
        """The address of a new cart with an article, on offer and on the shelf."""
        an_article(sku)
        place = f"/carts/{self.post('/carts/')['id']}"
        self.post(f"{place}/lines/", {"sku": sku, "quantity": quantity})
        return place

    def order(self, **changes: Any) -> str:
        """The address of a new order of two mugs."""
        ordered = self.post(f"{self.cart()}/checkout/", a_checkout(**changes))
        assert ordered.status == 202, ordered.body
        return f"/orders/{ordered['order']}"


def a_checkout(**changes: Any) -> dict[str, Any]:
    """Two mugs, to Bristol."""
    return {"customer": ADA, "address": BRISTOL, "card_token": TOKEN, "expected_total": TWO_MUGS} | changes


def _whole(path: str) -> str:
    return path if path.startswith(("/api/", "http")) else f"/api/v1{path}"
