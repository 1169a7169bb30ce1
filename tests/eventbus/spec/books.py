"""What the shop's read models must show, kept by hand from what was done; it knows no event and no log."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

PRICE, SHIPPING = 850, 395
"""In pence: one unit of anything, and the delivery of an order."""

Basket = Mapping[str, int]


@dataclass
class Shelf:
    """One SKU."""

    on_hand: int = 0
    reserved: int = 0
    sold: int = 0

    @property
    def free(self) -> int:
        """Units that can still be promised."""
        return self.on_hand - self.reserved


@dataclass
class Day:
    """What a day brought."""

    orders: int = 0
    units: int = 0
    revenue: int = 0
    returns: int = 0
    refunds: int = 0


@dataclass
class Books:
    """Shelves, orders and days, as somebody with a pencil would keep them."""

    shelves: dict[str, Shelf] = field(default_factory=dict)
    held: dict[UUID, Basket] = field(default_factory=dict)
    waiting: list[tuple[UUID, Basket, date]] = field(default_factory=list)
    orders: dict[UUID, tuple[str, int, int]] = field(default_factory=dict)
    days: dict[date, Day] = field(default_factory=lambda: defaultdict(Day))

    def receive(self, sku: str, quantity: int) -> None:
        """Units arrive, or come back."""
        self.shelves.setdefault(sku, Shelf()).on_hand += quantity

    def adjust(self, sku: str, quantity: int) -> bool:
        """Put a count right; False where that would take what is reserved, or more than there is."""
        if self.free(sku) + quantity < 0:
            return False
        self.receive(sku, quantity)
        return True

    def free(self, sku: str) -> int:
        """Units that can still be promised."""
        return self.shelves[sku].free if sku in self.shelves else 0

    def hold(self, order_id: UUID, basket: Basket) -> bool:
        """Reserve all of it or nothing."""
        if any(sku not in self.shelves or self.free(sku) < wanted for sku, wanted in basket.items()):
            return False
        for sku, wanted in basket.items():
            self.shelves[sku].reserved += wanted
        self.held[order_id] = basket
        return True

    def release(self, order_id: UUID) -> None:
        """What was held is free again."""
        for sku, quantity in self.held.pop(order_id, {}).items():
            self.shelves[sku].reserved -= quantity

    def ship(self, order_id: UUID) -> None:
        """What was held is sold."""
        for sku, quantity in self.held.pop(order_id).items():
            shelf = self.shelves[sku]
            shelf.reserved -= quantity
            shelf.on_hand -= quantity
            shelf.sold += quantity

    def order(self, order_id: UUID, basket: Basket, day: date) -> None:
        """An order waits until the shop gets round to it."""
        self.waiting.append((order_id, basket, day))
        self.orders[order_id] = ("placed", sum(basket.values()), _total(basket))

    def give_back(self, sku: str, quantity: int, day: date) -> None:
        """Goods come back and their price is credited."""
        self.receive(sku, quantity)
        self.days[day].returns += 1
        self.days[day].refunds += PRICE * quantity

    def settle(self) -> None:
        """The shop gets round to every order, in the order of their coming."""
        for order_id, basket, day in self.waiting:
            sold, units = self.hold(order_id, basket), sum(basket.values())
            self.orders[order_id] = ("shipped" if sold else "cancelled", units, _total(basket))
            if sold:
                self.ship(order_id)
                self.days[day].orders += 1
                self.days[day].units += units
                self.days[day].revenue += _total(basket)
        self.waiting.clear()


def _total(basket: Basket) -> int:
    return PRICE * sum(basket.values()) + SHIPPING
