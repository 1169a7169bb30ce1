"""What inventory refuses."""

from uuid import UUID

from inventory.events import Shortage


class InventoryError(Exception):
    """Inventory refused."""


class OutOfStock(InventoryError):
    """More units were asked for than are free."""

    def __init__(self, missing: tuple[Shortage, ...]) -> None:
        super().__init__(" ".join(str(shortage) for shortage in missing))
        self.missing = missing


class InvalidQuantity(InventoryError, ValueError):
    """A quantity that cannot be moved."""

    def __init__(self, sku: str, quantity: int) -> None:
        super().__init__(f"{sku}: a quantity of {quantity} cannot be moved.")
        self.sku, self.quantity = sku, quantity


class TooManyUnits(InventoryError, ValueError):
    """More units than a shelf can count."""

    def __init__(self, sku: str, quantity: int, most: int) -> None:
        super().__init__(f"{sku}: {quantity:,} units are more than a shelf can count, which is {most:,}.")
        self.sku, self.quantity, self.most = sku, quantity, most


class InvalidSku(InventoryError, ValueError):
    """A SKU that no shelf can carry."""

    def __init__(self, sku: str, longest: int) -> None:
        super().__init__(f"{sku[: longest + 1]!r} is no SKU: it has 1 to {longest} printable characters.")
        self.sku = sku


class InvalidReason(InventoryError, ValueError):
    """Stock was to be moved without a reason, or with one that the ledger cannot carry."""

    def __init__(self, reason: str, longest: int) -> None:
        super().__init__(
            f"Say why stock is moved, in 1 to {longest} printable characters; {len(reason)} were given."
        )
        self.reason = reason


class InvalidHold(InventoryError, ValueError):
    """Goods cannot be held for no time, or for ever and a day."""

    def __init__(self, seconds: int, longest: int) -> None:
        super().__init__(
            f"Goods cannot be held for {seconds:,} seconds: 1 to {longest:,} are possible, or no end at all."
        )
        self.seconds = seconds


class NothingReserved(InventoryError):
    """An order's goods cannot leave the shelf, because none are held for it."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id}: no stock is reserved, so none can be shipped.")
        self.order_id = order_id


class ReturnBookedOtherwise(InventoryError):
    """A return's goods are on the shelf already, and they were others than these."""

    def __init__(self, return_id: UUID) -> None:
        super().__init__(
            f"Return {return_id} is booked already, with other goods: book what else came back as a return "
            f"of its own."
        )
        self.return_id = return_id


class CountersBroken(InventoryError):
    """Less is counted as reserved than is held: somebody has changed the counters past the services."""

    def __init__(self, missing: tuple[Shortage, ...]) -> None:
        found = " ".join(f"{m.sku}: {m.wanted} held, {m.available} counted as reserved." for m in missing)
        super().__init__(f"{found} Nothing was moved; `manage.py verify_stock` shows what differs.")
        self.missing = missing
