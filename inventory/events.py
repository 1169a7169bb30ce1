"""What inventory announces: stock coming in, held, given back, gone out."""

from uuid import UUID

import msgspec

from eventbus import Event


class StockLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many units of one SKU."""

    sku: str
    quantity: int


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU of which more was wanted than is free to sell."""

    sku: str
    wanted: int
    available: int

    def __str__(self) -> str:
        return f"{self.sku}: {self.wanted} wanted, {self.available} in stock."


class StockReceived(Event, name="inventory.stock_received", version=1, key="sku"):
    """Units have arrived on the shelf."""

    sku: str
    quantity: int
    reason: str


class StockAdjusted(Event, name="inventory.stock_adjusted", version=1, key="sku"):
    """A count was put right; the quantity is signed."""

    sku: str
    quantity: int
    reason: str


class StockReserved(Event, name="inventory.stock_reserved", version=1, key="order_id"):
    """All that the order wants is held for it; one line per SKU, in SKU order."""

    order_id: UUID
    lines: tuple[StockLine, ...]


class StockRejected(Event, name="inventory.stock_rejected", version=1, key="order_id"):
    """Nothing is held for the order: "out_of_stock", or "cancelled" when it was released before."""

    order_id: UUID
    reason: str
    missing: tuple[Shortage, ...] = ()


class StockReleased(Event, name="inventory.stock_released", version=1, key="order_id"):
    """What was held for the order is free to sell again."""

    order_id: UUID
    lines: tuple[StockLine, ...]


class StockExpired(Event, name="inventory.stock_expired", version=1, key="order_id"):
    """The hold on an order's goods ran out before it was made good: they are free to sell again."""

    order_id: UUID
    lines: tuple[StockLine, ...]


class StockShipped(Event, name="inventory.stock_shipped", version=1, key="order_id"):
    """What was held for the order has left the shelf."""

    order_id: UUID
    lines: tuple[StockLine, ...]


class StockReturned(Event, name="inventory.stock_returned", version=1, key="return_id"):
    """Sold units have come back to the shelf."""

    return_id: UUID
    lines: tuple[StockLine, ...]
    reason: str


class StockLow(Event, name="inventory.stock_low", version=1, key="sku"):
    """The units free to sell have just fallen to the threshold, or below it."""

    sku: str
    available: int
    threshold: int
