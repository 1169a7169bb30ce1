"""Shoppers at the real storefront, over HTTP: they pick, order and pay, and note what they were told."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import httpx

from eventbus.chaos import Diary
from tests.chaos.shelves import PLENTY, RARE
from tests.journeys.shopper import ADA, DECLINED, TIMEOUT, hidden_fields

PATIENCE_SECONDS = 90.0
CUSTOMERS = {
    "pays": ({}, 60),
    "pays, answered late": ({"card_number": TIMEOUT}, 2),
    "is declined": ({"card_number": DECLINED}, 18),
    "lives where no carrier goes": ({"postcode": "ZZ1 1ZZ"}, 20),
}
KNOWN = "an order that was placed is never unknown"
SAME = "an order sent twice is one order"


@dataclass(frozen=True)
class Told:
    """What a shopper knows of an order that the shop has taken."""

    order_id: UUID
    customer: str
    quantities: dict[str, int]
    total: int


@dataclass
class Shoppers:
    """Everybody who shops in a run, and all that they were told."""

    address: str
    told: dict[UUID, Told] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def shop(self, random: Random, diary: Diary) -> None:
        """Fill a basket, order it, and look at the order's page."""
        customer = random.choices(list(CUSTOMERS), [weight for _, weight in CUSTOMERS.values()])[0]
        quantities = {random.choice(PLENTY): random.randint(1, 3)}
        if random.random() < 0.3:
            quantities[random.choice(RARE)] = random.randint(1, 3)
        with httpx.Client(base_url=self.address, timeout=10, trust_env=False) as browser:
            visit = _Visit(browser, diary)
            visit.fill(quantities)
            told = visit.order(customer, quantities)
            if told is None:
                return
            self.note(told)
            if random.random() < 0.1:
                visit.order_again(told)

    def note(self, told: Told) -> None:
        """Remember an order."""
        with self._lock:
            self.told[told.order_id] = told


class _Visit:
    def __init__(self, browser: httpx.Client, diary: Diary) -> None:
        self.browser, self.diary = browser, diary
        self.form: dict[str, str] = {}

    def fill(self, quantities: dict[str, int]) -> None:
        """Put exactly this into the basket, however often an answer is lost on the way."""
        self._get("/product/chaos-1/")
        for verb in ("add", "change"):
            for sku, quantity in quantities.items():
                self._post(f"/cart/{verb}/", {"sku": sku, "quantity": str(quantity)})

    def order(self, customer: str, quantities: dict[str, int]) -> Told | None:
        """Send the checkout, again and again until there is an answer, and look at the order's page.

        None for a basket of which something is sold out already: they are led back to it, and leave.
        """
        page = self._patiently("look", lambda: self.browser.get("/checkout/"))
        if page.headers.get("location") == "/cart/":
            return None
        assert page.status_code == 200, f"/checkout/ answered {page.status_code}"
        hidden = hidden_fields(page.text)
        self.form = ADA | CUSTOMERS[customer][0] | hidden
        self.page = self._send()
        told = Told(self._order_id(), customer, quantities, int(hidden["expected_total"]))
        self._see(self.page)
        return told

    def order_again(self, told: Told) -> None:
        """Send the same form once more."""
        self.page = self._send()
        other = self._order_id()
        self.diary.checked(SAME, [] if other == told.order_id else [f"{told.order_id}, and then {other}"])

    def _send(self) -> str:
        response = self._post("/checkout/", self.form)
        return response.headers["location"]

    def _order_id(self) -> UUID:
        # A link names its order before the first dot; whether it still opens it, the shop's database knows.
        found = re.fullmatch(r"/orders/([0-9a-f-]+)\..+/", self.page)
        assert found, f"the checkout led to {self.page}"
        return UUID(found[1])

    def _see(self, page: str) -> None:
        status = self._patiently("look", lambda: self.browser.get(page)).status_code
        self.diary.checked(KNOWN, [] if status == 200 else [f"{page} answered {status}"])

    def _get(self, path: str) -> httpx.Response:
        response = self._patiently("look", lambda: self.browser.get(path))
        assert response.status_code == 200, f"{path} answered {response.status_code}"
        return response

    def _post(self, path: str, fields: dict[str, str]) -> httpx.Response:
        csrf = {"csrfmiddlewaretoken": self.browser.cookies["csrftoken"]}
        name = "checkout" if path == "/checkout/" else "basket"
        response = self._patiently(name, lambda: self.browser.post(path, data=fields | csrf))
        assert response.status_code == 302, f"{path} answered {response.status_code}: {response.text[:2000]}"
        return response

    def _patiently(self, name: str, ask: Callable[[], httpx.Response]) -> httpx.Response:
        """Ask until there is an answer: the web may be gone, or without its database."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with self.diary.timing(name):
                    return _answered(ask())
            except (httpx.TransportError, _Unavailable):
                if time.monotonic() > deadline:
                    raise
                self.diary.interrupted()
                time.sleep(0.2)


class _Unavailable(Exception):
    pass


def _answered(response: httpx.Response) -> httpx.Response:
    if response.is_server_error:
        raise _Unavailable(f"{response.request.url} answered {response.status_code}")
    return response
