"""What inventory can be asked to do through the bus."""

from uuid import UUID

from eventbus import Command
from inventory.events import StockLine


class ReserveStock(Command, name="inventory.reserve_stock", version=1, key="order_id"):
    """Hold all of these units for an order, or none of them; for so many seconds, or until they are released.

    Sent again after the hold ran out, the units are taken once more, if they are still there.
    """

    order_id: UUID
    lines: tuple[StockLine, ...]
    hold_seconds: int | None = None


class ReleaseStock(Command, name="inventory.release_stock", version=1, key="order_id"):
    """Make sure that nothing is held for an order, now or later."""

    order_id: UUID


class ShipStock(Command, name="inventory.ship_stock", version=1, key="order_id"):
    """Let the units held for an order leave the shelf."""

    order_id: UUID


class ReturnStock(Command, name="inventory.return_stock", version=1, key="return_id"):
    """Put sold units back on the shelf, once per return."""

    return_id: UUID
    lines: tuple[StockLine, ...]
    reason: str
