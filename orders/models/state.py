"""What an order is at one revision of its stream, and what each of its events changes."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from uuid import UUID

import msgspec
from msgspec.structs import replace

from orders.events import (
    Address,
    CancellationRequested,
    CustomerSnapshot,
    OrderCancelled,
    OrderClaimed,
    OrderConfirmed,
    OrderLine,
    OrderPlaced,
    OrderShipped,
    RefundGranted,
    ReturnLine,
    ReturnReceived,
    ReturnRefused,
    ReturnRequested,
)
from payments.money import Money

Later = (
    OrderConfirmed
    | OrderShipped
    | CancellationRequested
    | OrderCancelled
    | OrderClaimed
    | ReturnRequested
    | ReturnReceived
    | ReturnRefused
    | RefundGranted
)
OrderEvent = OrderPlaced | Later
Changes = dict[str, object]


class OrderReturn(msgspec.Struct, frozen=True, kw_only=True):
    """Goods on their way back: requested, and then received or refused; `refund` is owed for them."""

    return_id: UUID
    state: str
    lines: tuple[ReturnLine, ...]
    refund: Money | None = None


class OrderRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Money given back for a shipped order without goods: for these lines, or any sum."""

    refund_id: UUID
    lines: tuple[ReturnLine, ...]
    amount: Money


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """An order at one revision of its stream.

    `tax` is the part of the total that is tax; `refunded` is all that is owed back to the customer.
    """

    order_id: UUID
    number: str
    state: str
    revision: int
    customer: CustomerSnapshot
    address: Address | None
    lines: tuple[OrderLine, ...]
    shipping: Money
    total: Money
    payment_method: str
    delivery: str
    cart_id: UUID | None
    placed_at: datetime
    shipping_name: str = ""
    tax: Money | None = None
    cancellation_requested_at: datetime | None = None
    confirmed_at: datetime | None = None
    shipped_at: datetime | None = None
    cancelled_at: datetime | None = None
    tracking_number: str = ""
    reason: str = ""
    message: str = ""
    returns: tuple[OrderReturn, ...] = ()
    refunds: tuple[OrderRefund, ...] = ()
    refunded: Money
    customer_id: int | None = None

    @property
    def units(self) -> int:
        """How many pieces, over all lines."""
        return sum(line.quantity for line in self.lines)

    @property
    def subtotal(self) -> Money:
        """What the goods cost, without delivery."""
        return sum((line.total for line in self.lines), Money.zero(self.total.currency))

    @property
    def tax_name(self) -> str:
        """What the tax in the total is called; nothing where no rule was applied."""
        return next((line.tax_name for line in self.lines), "")

    @property
    def refundable(self) -> Money:
        """How much could still be given back."""
        return self.total - self.refunded

    @property
    def returned(self) -> dict[str, int]:
        """How many pieces of each SKU came back, over all returns received."""
        return dict(_pieces(one.lines for one in self.returns if one.state == "received"))

    @property
    def returnable(self) -> dict[str, int]:
        """How many pieces of each SKU the customer can still send back or be paid back for.

        Neither what is on its way back, nor what came back, nor what was refunded without goods.
        """
        return self.returnable_besides(None)

    def returnable_besides(self, return_id: UUID | None) -> dict[str, int]:
        """The same, as if this return had not been asked for."""
        sold: Counter[str] = Counter()
        for line in self.lines:
            sold[line.sku] += line.quantity
        gone = [
            one.lines for one in self.returns if one.state != "refused" and one.return_id != return_id
        ] + [one.lines for one in self.refunds]
        sold.subtract(_pieces(gone))
        return dict(sold)

    def return_of(self, return_id: UUID) -> OrderReturn | None:
        """The return with this id, if there is one."""
        return next((one for one in self.returns if one.return_id == return_id), None)


def _pieces(groups: Iterable[Iterable[ReturnLine]]) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for line in chain.from_iterable(groups):
        pieces[line.sku] += line.quantity
    return pieces


def placed(state: str, event: OrderPlaced) -> OrderState:
    """The order at its first revision."""
    return OrderState(
        state=state, revision=1, refunded=Money.zero(event.total.currency), **msgspec.structs.asdict(event)
    )


def changed(order: OrderState, state: str, event: Later) -> OrderState:
    """The order at its next revision."""
    return replace(order, state=state, revision=order.revision + 1, **_changes(order, event))


_TAKEN_OVER = {
    OrderConfirmed: ("confirmed_at",),
    OrderShipped: ("shipped_at", "tracking_number"),
    OrderClaimed: ("customer_id",),
}


def _changes(order: OrderState, event: Later) -> Changes:
    match event:
        case OrderConfirmed() | OrderShipped() | OrderClaimed():
            return {name: getattr(event, name) for name in _TAKEN_OVER[type(event)]}
        case CancellationRequested():
            return {"cancellation_requested_at": event.requested_at}
        case OrderCancelled():
            ending = {"cancelled_at": event.cancelled_at, "reason": event.reason, "message": event.message}
            return ending | {"refunded": order.refunded + event.refund}
        case RefundGranted():
            refund = OrderRefund(refund_id=event.refund_id, lines=event.lines, amount=event.amount)
            return {"refunds": (*order.refunds, refund), "refunded": order.refunded + event.amount}
        case _:
            return _returns(order, event)


def _returns(order: OrderState, event: ReturnRequested | ReturnReceived | ReturnRefused) -> Changes:
    others = tuple(one for one in order.returns if one.return_id != event.return_id)
    match event:
        case ReturnRequested():
            asked = OrderReturn(return_id=event.return_id, state="requested", lines=event.lines)
            return {"returns": (*order.returns, asked)}
        case ReturnReceived():
            arrived = OrderReturn(
                return_id=event.return_id, state="received", lines=event.lines, refund=event.refund
            )
            return {"returns": (*others, arrived), "refunded": order.refunded + event.refund}
        case ReturnRefused():
            asked_for = order.return_of(event.return_id)
            assert asked_for is not None
            return {"returns": (*others, replace(asked_for, state="refused"))}
