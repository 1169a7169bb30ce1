"""What an agent does in the shop: open it, buy, and look at the books. Times are in seconds."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog import services as catalog
from eventbus import drain
from eventbus.log import last_position
from eventbus.models import Delivery
from eventbus.watching import lanes_behind
from inventory import queries as stock
from inventory import services as inventory
from inventory.events import StockLine
from orders import services as orders
from orders.events import Address, CustomerSnapshot
from orders.models import Order, OrderHistoryRow
from orders.queries import cart_view
from payments import queries as payments
from payments.money import Money
from tests.journeys.shopper import ADA, hidden_fields

SKUS = [f"BENCH-{number}" for number in range(20)]
UNITS = 10_000_000
CUSTOMER = CustomerSnapshot(name="Ada Byron", email="ada@example.com")
HOME = Address(line1="12 Fern Street", city="Bristol", postcode="BS1 4DJ")
ENDINGS = ("shipped", "cancelled")
LOOK_SECONDS, PATIENCE_SECONDS = 0.25, 120.0


class Stuck(Exception):
    """Orders were placed, and do not come to an end."""


def open_shop() -> None:
    """Tables, products, and more of each than anybody will buy."""
    call_command("migrate", interactive=False, verbosity=0)
    catalog.add_category(slug="bench", name="Bench")
    price = Money(19_95, "GBP")
    catalog.add_products(
        [
            catalog.NewProduct(
                sku=sku, name=sku.title(), slug=sku.lower(), category_slug="bench", price=price
            )
            for sku in SKUS
        ]
    )
    inventory.receive_many(lines=[StockLine(sku=sku, quantity=UNITS) for sku in SKUS], reason="opening stock")
    drain()


def fill_carts(clients: int, carts: int) -> dict[str, Any]:
    """Let the clients put two articles into each of so many carts, for `buy`."""
    return _at_once(clients, carts, lambda number: _carts.append(_filled(number)))


def buy(clients: int, orders: int) -> dict[str, Any]:
    """Let the clients order what is in so many carts, as fast as they can."""
    return _at_once(clients, orders, lambda _: _check_out(_carts.pop()))


def buy_until(clients: int, seconds: float) -> dict[str, Any]:
    """Let the clients fill carts and order for so long, as fast as they can."""
    end = time.monotonic() + seconds
    return _at_once(clients, 10**9, lambda number: _check_out(_filled(number)), until=end)


_carts: list[UUID] = []


def _filled(number: int) -> UUID:
    cart_id = orders.create_cart()
    for sku in (SKUS[number % len(SKUS)], SKUS[(number * 7 + 1) % len(SKUS)]):
        orders.add_to_cart(cart_id=cart_id, sku=sku, quantity=1)
    return cart_id


def _check_out(cart_id: UUID) -> None:
    """What the checkout's request does: look at the cart, and order it at the total the shopper saw."""
    seen = cart_view(cart_id).total
    orders.place_order(
        cart_id=cart_id, customer=CUSTOMER, address=HOME, card_token="tok_visa", expected_total=seen
    )


def reserve(clients: int, buyers: int, sku: str) -> dict[str, Any]:
    """Let so many buyers reserve one unit each of one article, as fast as they can."""
    line = (StockLine(sku=sku, quantity=1),)
    return _at_once(clients, buyers, lambda _: inventory.reserve_stock(order_id=uuid4(), lines=line))


def _at_once(
    clients: int, times: int, act: Callable[[int], object], *, until: float = float("inf")
) -> dict[str, Any]:
    numbers, durations, failures = count(), [], []

    def client() -> None:
        try:
            while (number := next(numbers)) < times and time.monotonic() < until:
                start = time.perf_counter()
                act(number)
                durations.append(time.perf_counter() - start)
        except Exception as failure:  # told by the caller; the other clients go on
            failures.append(f"{type(failure).__name__}: {failure}")
        finally:
            connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"{len(failures)} clients gave up: {failures[0]}")
    return {"began": began, "ended": time.time(), "durations": durations}


def wait_for_endings() -> float:
    """The moment at which the last order has come to its end."""
    _wait(open_orders, "orders have no ending")
    return time.time()


def wait_for_quiet() -> None:
    """Wait until everybody has heard of everything."""
    _wait(lambda: len(lanes_behind()) + Delivery.objects.count(), "lanes and deliveries are left")


def open_orders() -> int:
    """How many orders have not come to their end."""
    return Order.objects.exclude(state__in=ENDINGS).count()


def _wait(left: Callable[[], int], what: str) -> None:
    """Wait until nothing is left; `Stuck` where neither that nor the log has moved for two minutes.

    The log counts because thousands of orders that wait move on together, a stage at a time, and the first
    of them may end long after all of them began to move.
    """
    before, since = (left(), last_position()), time.monotonic()
    while before[0]:
        time.sleep(LOOK_SECONDS)
        now = (left(), last_position())
        if now != before:
            since = time.monotonic()
        elif time.monotonic() - since > PATIENCE_SECONDS:
            raise Stuck(f"{now[0]} {what}, and nothing has moved for two minutes")
        before = now


def carried(began: float) -> list[float]:
    """How long each order that was placed since that moment took to be shipped, sorted."""
    moment = datetime.fromtimestamp(began, UTC)
    took = Order.objects.filter(placed_at__gte=moment, state="shipped").values_list(
        F("shipped_at") - F("placed_at"), flat=True
    )
    return sorted(each.total_seconds() for each in took)


def books() -> dict[str, int]:
    """How many orders there are, how many came to an end, and everything that does not add up.

    wrong: SKUs whose counters are not their ledger's, payments whose totals are not, orders that the history
    does not show as they are, and money that is held for nothing.
    """
    wait_for_quiet()
    states = Counter(Order.objects.values_list("state", flat=True))
    shown = set(OrderHistoryRow.objects.values_list("order_id", "state"))
    due = sum(Order.objects.filter(state="shipped").values_list("total_amount", flat=True))
    money = payments.totals().get("GBP")
    kept = money.captured.amount - money.refunded.amount if money else 0
    return {
        "orders": states.total(),
        "ended": sum(states[ending] for ending in ENDINGS),
        "shipped": states["shipped"],
        "wrong": len(stock.ledger_differences())
        + len(payments.ledger_differences())
        + len(shown ^ set(Order.objects.values_list("id", "state")))
        + (kept != due),
    }


def shelf(sku: str, units: int) -> None:
    """Put so many units of an article of its own on the shelf."""
    inventory.receive_stock(sku=sku, quantity=units, reason="opening stock")


def held(sku: str) -> dict[str, int]:
    """What is on the shelf of an article, and how much of it is reserved."""
    level = stock.stock_of([sku])[sku]
    return {"on_hand": level.on_hand, "reserved": level.reserved}


def statements() -> dict[str, int]:
    """The SQL statements inside the request that places an order, and inside the service it calls."""
    browser = Client(headers={"host": "127.0.0.1"})
    for sku in SKUS[:2]:
        browser.post("/cart/add/", {"sku": sku, "quantity": 1})
    form = hidden_fields(browser.get("/checkout/").content.decode())
    with CaptureQueriesContext(connection) as inside_request:
        answer = browser.post("/checkout/", ADA | form)
    assert answer.status_code == 302, f"POST /checkout/ answered {answer.status_code}"
    cart_id = _filled(0)
    with CaptureQueriesContext(connection) as inside_service:
        orders.place_order(cart_id=cart_id, customer=CUSTOMER, address=HOME, card_token="tok_visa")
    return {"request": len(inside_request), "service": len(inside_service)}
