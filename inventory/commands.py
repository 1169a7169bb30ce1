"""What inventory can be asked to do through the bus."""

from uuid import UUID

from eventbus import Command
from inventory.events import StockLine


class ReserveStock(Command, name="inventory.reserve_stock", version=1, key="order_id"):
    """Hold all of these units for an order, or none of them."""

    order_id: UUID
    lines: tuple[StockLine, ...]


class ReleaseStock(Command, name="inventory.release_stock", version=1, key="order_id"):
    """Make sure that nothing is held for an order, now or later."""

    order_id: UUID


class ShipStock(Command, name="inventory.ship_stock", version=1, key="order_id"):
    """Let the units held for an order leave the shelf."""

    order_id: UUID
