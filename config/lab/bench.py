"""The lab's bench: what experiments are made with. It places real orders, waits, notes, and tidies up."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from uuid_utils.compat import uuid7

from catalog import queries as catalog
from catalog import services as catalog_services
from config.lab.models import Run
from eventbus import chaos, correlate, drain
from inventory.queries import StockLevel, stock_of
from inventory.services import adjust_stock, receive_stock
from orders import queries, services
from orders.events import Address, CustomerSnapshot
from orders.queries import OrderStatus
from payments.money import Money

SKU = "LAB-LANTERN"
PRICE = Money(2400, "GBP")
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.1
BUYERS = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Alan", "Margaret")
_BRISTOL = Address(line1="1 Queen Square", line2="", city="Bristol", postcode="BS1 4DJ")


class TookTooLong(Exception):
    """Something that an experiment waited for did not come about."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An order of an experiment, and the story that its messages belong to."""

    order_id: UUID
    number: str
    buyer: str
    story: UUID

    @property
    def status(self) -> OrderStatus:
        """Where it stands now."""
        return queries.order_status(self.order_id)


@dataclass
class Bench:
    """What one run of an experiment works with."""

    run: Run
    started: float = field(default_factory=time.monotonic)
    placed: list[Placed] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Note what happens, for those who watch."""
        self.run.lines.append({"at": round(time.monotonic() - self.started, 1), "text": text})
        self.run.save(update_fields=["lines"])

    def check(self, name: str, holds: bool, says: str) -> None:
        """Note whether something holds that was to be expected."""
        self.run.checks.append({"name": name, "holds": bool(holds), "says": says})
        self.run.save(update_fields=["checks"])

    def shelve(self, units: int) -> None:
        """Put the lab's own article on offer, with so many units on the shelf."""
        if not catalog.known_skus([SKU]):
            (category, *_) = catalog.categories_with_counts()
            product = catalog_services.NewProduct(
                sku=SKU,
                name="The lab's lantern",
                slug="lab-lantern",
                category_slug=category.slug,
                price=PRICE,
                description="Sold by the lab to its own shoppers.",
            )
            catalog_services.add_product(product=product)
        catalog_services.relist_product(sku=SKU)
        receive_stock(sku=SKU, quantity=units, reason="The lab's own")
        self.say(f"{units} lantern{'s' if units > 1 else ''} on the shelf.")

    def order(self, count: int = 1, *, card: str = "tok_visa", with_order: Any = None) -> list[Placed]:
        """Place orders of one lantern each, all at the same moment, each on a connection of its own.

        with_order: called in the transaction of each order, with its id.
        """
        start = Barrier(count)

        def buy(buyer: str) -> Placed:
            try:
                cart_id = services.create_cart()
                services.add_to_cart(cart_id=cart_id, sku=SKU, quantity=1)
                start.wait(10)
                return _buy(cart_id, buyer, card, with_order)
            finally:
                connection.close()

        with ThreadPoolExecutor(count) as crowd:
            orders = list(crowd.map(buy, self._next_buyers(count)))
        self.placed += orders
        self.run.orders += [str(order.order_id) for order in orders]
        self.run.save(update_fields=["orders"])
        for order in orders:
            self.say(f"{order.buyer} has placed order {order.number}.")
        return orders

    def _next_buyers(self, count: int) -> list[str]:
        return [BUYERS[(len(self.placed) + number) % len(BUYERS)] for number in range(count)]

    def until(self, condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until it is so."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TookTooLong(f"After {seconds:.0f} seconds, {what} had not come about.")
            self.rest(LOOK_SECONDS)

    def rest(self, seconds: float) -> None:
        """Let time go by; where the shop delivers in its own process, that is what is done meanwhile."""
        if settings.EVENTBUS["DISPATCH"] == "inline":
            drain()
        time.sleep(seconds)

    def until_ended(self, orders: list[Placed]) -> list[OrderStatus]:
        """Wait until each order has its ending, and tell each."""
        told: dict[UUID, OrderStatus] = {}

        def all_ended() -> bool:
            for order in orders:
                if order.order_id not in told and (status := order.status).finished:
                    told[order.order_id] = status
                    self.say(f"{order.buyer}'s order {order.number}: {status.headline}")
            return len(told) == len(orders)

        self.until(all_ended, f"the ending of {len(orders)} orders")
        return [told[order.order_id] for order in orders]

    @property
    def stories(self) -> list[UUID]:
        """What the messages of its orders belong to."""
        return [order.story for order in self.placed]

    def settle(self) -> None:
        """Wait until everybody has dealt with all messages of its orders, mails included."""
        self.until(lambda: not chaos.waiting(self.stories), "the last message of the orders")

    def check_shelf(self, name: str) -> None:
        """Note whether all that was on the shelf has left it, and nothing else."""
        level = self.stock
        says = f"{level.on_hand} left, {level.reserved} reserved."
        self.check(name, (level.on_hand, level.reserved) == (0, 0), says)

    @property
    def stock(self) -> StockLevel:
        """The lantern's counters."""
        return stock_of([SKU])[SKU]

    def check_shipped(self, endings: list[OrderStatus]) -> None:
        """Note whether all of the orders were shipped."""
        shipped = sum(ending.state == "shipped" for ending in endings)
        says = f"{shipped} of {len(endings)} shipped."
        self.check("Every order has its ending", shipped == len(endings), says)


def clear_the_shelf() -> None:
    """Take the lab's article off the shelf and out of the shop."""
    if catalog.known_skus([SKU]):
        left = stock_of([SKU])[SKU].available
        if left:
            adjust_stock(sku=SKU, quantity=-left, reason="The lab has tidied up")
        catalog_services.withdraw_product(sku=SKU)


@contextmanager
def story() -> Iterator[UUID]:
    """A story of its own, for everything that is published inside."""
    story_id = uuid7()
    with correlate(story_id, actor="the lab"):
        yield story_id


def _buy(cart_id: UUID, buyer: str, card: str, with_order: Any) -> Placed:
    with story() as story_id, transaction.atomic():
        order_id = services.place_order(
            cart_id=cart_id,
            customer=CustomerSnapshot(name=f"{buyer} of the lab", email=f"{buyer.lower()}@lab.example"),
            address=_BRISTOL,
            card_token=card,
        )
        if with_order is not None:
            with_order(order_id)
    return Placed(order_id, queries.order_state(order_id).number, buyer, story_id)
