"""The small shop that the examples are about; run anew before each of them."""

from contextlib import contextmanager  # noqa: F401
from datetime import UTC, datetime, timedelta  # noqa: F401  (for the examples)
from uuid import UUID, uuid4  # noqa: F401

from django.db import transaction

from eventbus import Command, Envelope, Event, Projection, Saga, on, publish
from tests.docs.tables import Order, OrderHistoryRow

ORDER = UUID(int=7)
LINES = (("MUG", 2),)


class OrderPlaced(Event, name="orders.order_placed", key="order_id"):
    """A customer has committed to buy."""

    order_id: UUID
    total: int


class OrderCancelled(Event, name="orders.order_cancelled", key="order_id"):
    """The order ended without goods."""

    order_id: UUID


class StockReserved(Event, name="inventory.stock_reserved", key="order_id"):
    """All that the order wants is held for it."""

    order_id: UUID
    lines: tuple[tuple[str, int], ...] = ()


class PaymentDeclined(Event, name="payments.payment_declined", key="order_id"):
    """The card was refused."""

    order_id: UUID


class PaymentOverdue(Event, name="orders.payment_overdue", key="order_id"):
    """The time allowed for the payment is over."""

    order_id: UUID


class ReserveStock(Command, name="inventory.reserve_stock", key="order_id"):
    """Hold what the order wants."""

    order_id: UUID


class ReleaseStock(Command, name="inventory.release_stock", key="order_id"):
    """End state: nothing is held for the order."""

    order_id: UUID


class CapturePayment(Command, name="payments.capture_payment", key="order_id"):
    """Charge the customer."""

    order_id: UUID


class OrderHistory(Projection, name="orders.order_history"):
    """One row per order."""

    row = OrderHistoryRow
    key = "order_id"

    @on
    def placed(self, row: OrderHistoryRow, event: OrderPlaced) -> None:
        """A new order."""
        row.state, row.total = "placed", event.total


class Checkout(Saga, name="orders.checkout", starts=OrderPlaced):
    """From placed to paid, or back."""

    @on
    def reserve_stock(self, event: OrderPlaced) -> None:
        """Hold the goods first."""
        self.do(ReserveStock(order_id=event.order_id), undo=ReleaseStock(order_id=event.order_id))
        self.later(PaymentOverdue(order_id=event.order_id), seconds=900)

    @on
    def give_back(self, event: PaymentDeclined | PaymentOverdue) -> None:
        """Nobody pays: let the goods go."""
        self.undo_all()
        self.complete()


@transaction.atomic
def place_order(*, order_id: UUID, total: int) -> None:
    """Turn a cart into an order."""
    Order.objects.create(id=order_id, total=total)
    publish(OrderPlaced(order_id=order_id, total=total))


@transaction.atomic
def reserve_stock(*, order_id: UUID, lines: tuple[tuple[str, int], ...] = LINES) -> None:
    """Hold goods for an order."""
    publish(StockReserved(order_id=order_id, lines=lines))


class Gateway:
    """A card processor that says yes, and knows by the key what it has charged."""

    def __init__(self) -> None:
        self.charged: dict[UUID, UUID] = {}

    def charge(self, *, order_id: UUID, key: UUID) -> str:
        """Charge once per key; returns the receipt's number."""
        self.charged[key] = order_id
        return f"receipt-{order_id}"


gateway = Gateway()
order_placed = OrderPlaced(order_id=ORDER, total=4200)
receipts: list[str] = []
counted: list[UUID] = []
envelopes: list[Envelope | None] = []
