"""What a person has to look after, from events that nothing else can put right."""

from uuid import UUID

from eventbus import Envelope, subscribe
from orders import services
from orders.events import (
    OrderCancelled,
    ParcelMoved,
    ReturnLine,
    ReturnReceived,
    ReturnRefused,
    ReturnRequested,
    ShipmentRefused,
)
from orders.models import TaskKind
from payments.events import PaymentDuplicated, RefundFailed


@subscribe
def ask_about_shortfall(event: OrderCancelled, envelope: Envelope) -> None:
    """An order that was paid, and whose goods were gone."""
    if event.reason == "shortfall":
        sentence = "It was paid for, but its goods were gone: it is cancelled, and the money goes back."
        _ask(TaskKind.SHORTFALL, event.order_id, event.order_id, envelope, sentence)


@subscribe
def ask_about_second_payment(event: PaymentDuplicated, envelope: Envelope) -> None:
    """An order that was paid twice."""
    sentence = f"It was paid a second time: {event.amount}, which goes back."
    _ask(TaskKind.DOUBLE_PAYMENT, event.order_id, event.payment_id, envelope, sentence)


@subscribe
def ask_about_failed_refund(event: RefundFailed, envelope: Envelope) -> None:
    """Money that is owed and did not go back."""
    sentence = f"{event.amount} could not be given back: {event.reason}"
    _ask(TaskKind.REFUND_FAILED, event.order_id, event.refund_id, envelope, sentence)


@subscribe
def ask_about_refused_parcel(event: ShipmentRefused, envelope: Envelope) -> None:
    """A parcel that the carrier does not take."""
    sentence = f"The carrier does not take the parcel: {event.reason}"
    _ask(TaskKind.SHIPMENT_REFUSED, event.order_id, event.shipment_id, envelope, sentence)


@subscribe
def ask_about_returned_parcel(event: ParcelMoved, envelope: Envelope) -> None:
    """A parcel that could not be handed over."""
    if event.status == "returned":
        sentence = f"The parcel could not be handed over and came back to {event.place}."
        _ask(TaskKind.PARCEL_RETURNED, event.order_id, event.shipment_id, envelope, sentence)


@subscribe
def keep_return_task(event: ReturnRequested | ReturnReceived | ReturnRefused, envelope: Envelope) -> None:
    """A return waits until it is received or refused: one listener for all three, to keep their order."""
    match event:
        case ReturnRequested():
            sentence = f"{_listed(event.lines)} on the way back: {event.reason}"
            _ask(TaskKind.RETURN_REQUESTED, event.order_id, event.return_id, envelope, sentence)
        case ReturnReceived():
            note = f"Received: {_listed(event.lines)}; {event.refund} goes back."
            services.close_tasks_about(about_id=event.return_id, closed_by=event.received_by, note=note)
        case ReturnRefused():
            note = f"Refused: {event.reason}"
            services.close_tasks_about(about_id=event.return_id, closed_by=event.refused_by, note=note)


def _ask(kind: TaskKind, order_id: UUID, about_id: UUID, envelope: Envelope, sentence: str) -> None:
    services.open_task(
        kind=kind, order_id=order_id, about_id=about_id, event_id=envelope.id, sentence=sentence
    )


def _listed(lines: tuple[ReturnLine, ...]) -> str:
    return ", ".join(f"{line.quantity} x {line.sku}" for line in lines)
