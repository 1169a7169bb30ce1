"""One order as its row keeps it now, as its events tell it at any moment, and the story they make."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventbus import Envelope, read_stream
from orders.errors import OrderNotFound, OrderNumberUnknown
from orders.events import (
    CancellationRequested,
    OrderCancelled,
    OrderClaimed,
    OrderConfirmed,
    OrderPlaced,
    OrderShipped,
    RefundGranted,
    ReturnLine,
    ReturnReceived,
    ReturnRefused,
    ReturnRequested,
)
from orders.models import SCHEMA, Order, OrderEvent, OrderHistoryRow, OrderState, fold, is_number


@dataclass(frozen=True, slots=True)
class Chapter:
    """One event of an order: at which revision, when it happened, what it is called, and what it says."""

    revision: int
    at: datetime
    event: str
    sentence: str


def order_state(order_id: UUID) -> OrderState:
    """The order as its row keeps it; folded from its events where the row is gone or of another schema.

    Raises OrderNotFound.
    """
    row = Order.of_id(order_id)
    if row is None or row.schema != SCHEMA:
        return order_as_of(order_id)
    return row.fold()


def order_as_of(order_id: UUID, moment: datetime | None = None) -> OrderState:
    """The order as its events up to and including this moment tell it; without one, all of them.

    Raises OrderNotFound for an order that was not placed by then.
    """
    state = fold(event for _, event in _events(order_id, moment))
    if state is None:
        raise OrderNotFound(order_id)
    return state


def order_story(order_id: UUID, moment: datetime | None = None) -> tuple[Chapter, ...]:
    """What happened to the order up to and including this moment; empty before it was placed."""
    return tuple(
        Chapter(
            revision=envelope.revision or 0,
            at=envelope.occurred_at,
            event=type(event).__name__,
            sentence=_sentence(event),
        )
        for envelope, event in _events(order_id, moment)
    )


def order_by_number(number: str) -> UUID:
    """The order with this number, written as people write it; raises OrderNumberUnknown."""
    number = number.replace("\0", "").strip().upper()  # which Postgres would not look for
    for table, key in ((Order, "id"), (OrderHistoryRow, "order_id")):
        found: UUID | None = table._default_manager.filter(number=number).values_list(key, flat=True).first()
        if found:
            return found
    raise OrderNumberUnknown(number, mistyped=number.count("-") == 2 and not is_number(number))


def _events(order_id: UUID, moment: datetime | None) -> Iterator[tuple[Envelope, OrderEvent]]:
    for envelope in read_stream(f"order-{order_id}", until=moment):
        if isinstance(envelope.message, OrderEvent):
            yield envelope, envelope.message


def _sentence(event: OrderEvent) -> str:
    match event:
        case OrderPlaced():
            return (
                f"{_buyer(event)} ordered {_goods(event)} for {event.total}, paid by {event.payment_method}."
            )
        case OrderConfirmed():
            return f"The goods are reserved and {event.total} is paid."
        case OrderShipped():
            return f"The goods left{f' as parcel {event.tracking_number}' * bool(event.tracking_number)}."
        case CancellationRequested():
            return f"{event.requested_by} asked to cancel: {event.reason}"
        case OrderCancelled():
            back = f" {event.refund} goes back." if event.refund else ""
            return f"Cancelled: {event.reason}.{back}"
        case _:
            return _sentence_afterwards(event)


def _sentence_afterwards(
    event: ReturnRequested | ReturnReceived | ReturnRefused | RefundGranted | OrderClaimed,
) -> str:
    match event:
        case OrderClaimed():
            return f"Taken into account {event.customer_id}, which proved by {event.proof} that it may."
        case ReturnRequested():
            return f"{_pieces(event.lines)} are to come back: {event.reason}"
        case ReturnReceived():
            shelf = _pieces(event.restock) or "nothing"
            back = f"{_pieces(event.lines)} came back to {event.received_by}"
            return f"{back}, {shelf} to be sold again; {event.refund} goes back."
        case ReturnRefused():
            return f"{event.refused_by} did not take the goods back: {event.reason}"
        case RefundGranted():
            goods = f" for {_pieces(event.lines)}" if event.lines else ""
            return f"{event.granted_by} gave back {event.amount}{goods}: {event.reason}"


def _buyer(event: OrderPlaced) -> str:
    return event.customer.name or event.customer.reference


def _goods(event: OrderPlaced) -> str:
    return ", ".join(f"{line.quantity} x {line.title}" for line in event.lines) or "nothing"


def _pieces(lines: tuple[ReturnLine, ...]) -> str:
    return ", ".join(f"{line.quantity} x {line.sku}" for line in lines)
