"""What happened to an order and when, told to its shopper: its events, its parcel's way, and our mails."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventbus import ArchivedStream, read_stream
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
from orders.models import Notification, OrderEvent
from orders.queries.parcels import ParcelMove


@dataclass(frozen=True, slots=True)
class DiaryEntry:
    """One thing that happened; `beside` is what may be said more softly, `is_mail` that it can be read."""

    at: datetime
    sentence: str
    beside: str = ""
    is_mail: bool = False


def diary_of(order_id: UUID, parcel: tuple[ParcelMove, ...]) -> tuple[DiaryEntry, ...]:
    """Everything there is to tell about the order, the oldest first. Two statements.

    Of an order whose events are archived, only what its parcel and our mails tell.
    """
    entries = [
        *_events(order_id),
        *(DiaryEntry(move.seen_at, move.sentence, move.place) for move in parcel),
        *_mails(order_id),
    ]
    return tuple(sorted(entries, key=lambda entry: entry.at))


def _events(order_id: UUID) -> Iterator[DiaryEntry]:
    try:
        envelopes = read_stream(f"order-{order_id}")
    except ArchivedStream:
        return
    titles: dict[str, str] = {}
    for envelope in envelopes:
        event = envelope.message
        if isinstance(event, OrderPlaced):
            titles = {line.sku: line.title for line in event.lines}
        if isinstance(event, OrderEvent):
            yield DiaryEntry(envelope.occurred_at, *_told(event, titles))


def _mails(order_id: UUID) -> Iterator[DiaryEntry]:
    sent = Notification.objects.filter(order_id=order_id).values_list("sent_at", "subject")
    return (DiaryEntry(at, "We wrote to you:", subject, is_mail=True) for at, subject in sent)


def _told(event: OrderEvent, titles: dict[str, str]) -> tuple[str, str]:
    match event:
        case OrderPlaced():
            return "You ordered.", f"{event.total} in all"
        case OrderConfirmed():
            return "Your items are reserved, your payment has arrived: your order is confirmed.", ""
        case OrderShipped():
            number = event.tracking_number
            return "Your parcel was handed to shipping.", f"Tracking number {number}" if number else ""
        case CancellationRequested():
            by_shopper = event.requested_by.role == "shopper"
            asked = "You asked us to cancel." if by_shopper else "We started to cancel your order."
            return asked, event.reason if by_shopper else ""
        case OrderCancelled():
            back = f"{event.refund} goes back to you" if event.refund else ""
            return "Your order was cancelled.", back
        case _:
            return _told_afterwards(event, titles)


def _told_afterwards(
    event: ReturnRequested | ReturnReceived | ReturnRefused | RefundGranted | OrderClaimed,
    titles: dict[str, str],
) -> tuple[str, str]:
    match event:
        case OrderClaimed():
            return "You took the order into your account.", ""
        case ReturnRequested():
            return "You announced that something comes back.", _pieces(event.lines, titles)
        case ReturnReceived():
            return f"What you sent back is here: {event.refund} goes back to you.", _pieces(
                event.lines, titles
            )
        case ReturnRefused():
            return "We could not take back what you sent.", ""
        case RefundGranted():
            return f"We gave you {event.amount} back.", _pieces(event.lines, titles)


def _pieces(lines: tuple[ReturnLine, ...], titles: dict[str, str]) -> str:
    return ", ".join(f"{line.quantity} × {titles.get(line.sku, line.sku)}" for line in lines)  # noqa: RUF001
