"""Orders as lists show them, and as staff search them."""

from eventbus import Projection, on
from orders.events import OrderCancelled, OrderConfirmed, OrderPlaced, OrderShipped, ReturnReceived
from orders.models import OrderHistoryRow
from payments.events import PaymentCaptured, PaymentDeclined, PaymentRefunded


class OrderHistory(Projection, name="orders.order_history", version=3):
    """One row per order, as lists show it."""

    row = OrderHistoryRow
    key = "order_id"

    @on
    def placed(self, row: OrderHistoryRow, event: OrderPlaced) -> None:
        """A new order."""
        row.number, row.state, row.placed_at = event.number, "placed", event.placed_at
        row.customer = event.customer.name or event.customer.reference
        row.email, row.reference = event.customer.email.lower(), event.customer.reference
        row.units = sum(line.quantity for line in event.lines)
        row.total_amount, row.currency = event.total.amount, event.total.currency
        row.payment_method, row.payment = event.payment_method, "pending"

    @on
    def paid(self, row: OrderHistoryRow, event: PaymentCaptured) -> None:
        """The money is in."""
        row.payment = "captured"

    @on
    def declined(self, row: OrderHistoryRow, event: PaymentDeclined) -> None:
        """The card was refused."""
        row.payment = "declined"

    @on
    def refunded(self, row: OrderHistoryRow, event: PaymentRefunded) -> None:
        """Money went back: all that was paid, or a part."""
        row.refunded_amount += event.amount.amount
        row.payment = "refunded" if row.refunded_amount >= row.total_amount else "partly refunded"

    @on
    def came_back(self, row: OrderHistoryRow, event: ReturnReceived) -> None:
        """Goods came back."""
        row.returned_units += sum(line.quantity for line in event.lines)

    @on
    def confirmed(self, row: OrderHistoryRow, event: OrderConfirmed) -> None:
        """The goods are promised."""
        row.state = "confirmed"

    @on
    def shipped(self, row: OrderHistoryRow, event: OrderShipped) -> None:
        """The goods have left."""
        row.state, row.tracking_number, row.ended_at = "shipped", event.tracking_number, event.shipped_at

    @on
    def cancelled(self, row: OrderHistoryRow, event: OrderCancelled) -> None:
        """The order ended without goods."""
        row.state, row.reason, row.ended_at = "cancelled", event.reason, event.cancelled_at
