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


class NothingReserved(InventoryError):
    """An order's goods cannot leave the shelf, because none are held for it."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id}: no stock is reserved, so none can be shipped.")
        self.order_id = order_id
