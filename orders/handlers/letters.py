"""Mails: which event asks for which, and their sending; nobody is written to about the past."""

from uuid import UUID

import msgspec
from django.conf import settings

from eventbus import Envelope, Record, handles, send, subscribe
from inventory.events import StockLow
from orders import services
from orders.commands import SendMail, SendMailAgain, WarnOfLowStock
from orders.events import (
    OrderCancelled,
    OrderConfirmed,
    OrderShipped,
    ParcelMoved,
    ReturnRefused,
    ReturnRequested,
)
from orders.handlers.refusals import refusals
from orders.queries.progress import failed_at
from orders.services.notifying import MAIL_SERVER
from payments.events import PaymentRefunded
from payments.money import Money


@subscribe
def ask_for_confirmation(event: OrderConfirmed, envelope: Envelope) -> None:
    """Have the customer told that the goods are promised."""
    _ask_for_mail(event.order_id, "confirmation", envelope)


@subscribe
def ask_for_shipping_note(event: OrderShipped, envelope: Envelope) -> None:
    """Have the customer told that the parcel is under way."""
    _ask_for_mail(event.order_id, "shipped", envelope)


@subscribe
def ask_for_apology(event: OrderCancelled, envelope: Envelope) -> None:
    """Have the customer told why nothing will come; after a failed payment, how to try again."""
    template = "payment_failed" if failed_at(event.reason) == "payment" else "cancelled"
    _ask_for_mail(event.order_id, template, envelope)


@subscribe
def ask_for_word_of_delivery(event: ParcelMoved, envelope: Envelope) -> None:
    """Have the customer told that the parcel is there, and how to send something back."""
    if event.status == "delivered":
        _ask_for_mail(event.order_id, "delivered", envelope)


@subscribe
def ask_for_return_note(event: ReturnRequested, envelope: Envelope) -> None:
    """Have the customer told where to send the goods."""
    _ask_for_mail(event.order_id, "return_requested", envelope)


@subscribe
def ask_for_refusal(event: ReturnRefused, envelope: Envelope) -> None:
    """Have the customer told why the goods are not taken back."""
    _ask_for_mail(event.order_id, "return_refused", envelope, note=event.reason)


@subscribe
def ask_for_refund_note(event: PaymentRefunded, envelope: Envelope) -> None:
    """Have the customer told that money is on its way; of a cancelled payment, the cancellation has told."""
    if event.refund_id:
        _ask_for_mail(event.order_id, "refund", envelope, amount=event.amount)


def _ask_for_mail(
    order_id: UUID, template: str, envelope: Envelope, *, amount: Money | None = None, note: str = ""
) -> None:
    if not envelope.backdated:
        mail = SendMail(order_id=order_id, template=template, event_id=envelope.id, amount=amount, note=note)
        send(mail)


@handles(external=True, dependency=MAIL_SERVER)
def send_mail(command: SendMail) -> Record | None:
    """Write to the customer."""
    with refusals():
        return services.notify_customer(
            order_id=command.order_id,
            template=command.template,
            message_id=command.event_id,
            amount=command.amount,
            note=command.note,
        )


@handles(external=True, dependency=MAIL_SERVER)
def send_mail_again(command: SendMailAgain) -> Record | None:
    """Write the same to the customer once more."""
    with refusals():
        return services.deliver_again(notification_id=command.notification_id, request_id=command.request_id)


@subscribe
def ask_for_more_stock(event: StockLow, envelope: Envelope) -> None:
    """Have the staff told what to order soon."""
    if not envelope.backdated:
        send(WarnOfLowStock(**msgspec.structs.asdict(event), event_id=envelope.id))


@handles(external=True, dependency=MAIL_SERVER)
def warn_of_low_stock(command: WarnOfLowStock) -> Record | None:
    """Write to the staff."""
    with refusals():
        return services.notify(
            recipient=getattr(settings, "STAFF_EMAIL", "staff@example.com"),
            template="low_stock",
            message_id=command.event_id,
            context={"stock": command},
        )
