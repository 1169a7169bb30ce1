"""What follows when goods or money are to come back: each listener does its own, none waits for another."""

from uuid import UUID

from eventbus import send, subscribe
from inventory.commands import ReturnStock
from inventory.events import StockLine
from orders.events import RefundGranted, ReturnReceived
from payments.commands import RefundPayment
from payments.money import Money


@subscribe
def put_back_on_the_shelf(event: ReturnReceived) -> None:
    """What came back and can be sold again goes back to stock."""
    if event.restock:
        lines = tuple(StockLine(sku=line.sku, quantity=line.quantity) for line in event.restock)
        send(ReturnStock(return_id=event.return_id, lines=lines, reason="returned"))


@subscribe
def pay_back_what_came_back(event: ReturnReceived) -> None:
    """What is owed for the goods goes back the way it came; the return's id makes it once."""
    if event.refund:
        _pay_back(event.order_id, event.return_id, event.refund, "returned")


@subscribe
def pay_back_what_was_granted(event: RefundGranted) -> None:
    """What staff promised goes back the way it came."""
    _pay_back(event.order_id, event.refund_id, event.amount, event.reason)


def _pay_back(order_id: UUID, refund_id: UUID, amount: Money, reason: str) -> None:
    send(RefundPayment(order_id=order_id, refund_id=refund_id, amount=amount, reason=reason))
