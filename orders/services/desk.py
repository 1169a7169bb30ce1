"""What staff do about an order besides its own steps: notes, and mails that did not arrive."""

from uuid import UUID, uuid4

from django.db import transaction

from eventbus import Record, current_time, send
from orders.commands import SendMailAgain
from orders.errors import MailNotFound, NoteRequired
from orders.models import Notification, OrderNote
from orders.queries import order_state
from orders.services.notifying import deliver


def write_note(*, order_id: UUID, text: str, written_by: str) -> None:
    """Keep a note for the rest of the staff; raises OrderNotFound, and NoteRequired for an empty one."""
    if not text.strip():
        raise NoteRequired
    order_state(order_id)
    OrderNote.objects.create(
        order_id=order_id, text=text.strip(), written_by=written_by, written_at=current_time()
    )


@transaction.atomic
def send_mail_again(*, order_id: UUID, notification_id: int) -> None:
    """Have a mail about the order sent once more, word for word; raises MailNotFound."""
    if not Notification.objects.filter(pk=notification_id, order_id=order_id).exists():
        raise MailNotFound(notification_id)
    send(SendMailAgain(order_id=order_id, notification_id=notification_id, request_id=uuid4()))


def deliver_again(*, notification_id: int, request_id: UUID) -> Record | None:
    """Send a kept mail once more, once per request; answers with what records it, None if already done."""
    kept = Notification.objects.filter(pk=notification_id).first()
    if kept is None:
        raise MailNotFound(notification_id)
    if Notification.objects.filter(message_id=request_id).exists():
        return None
    deliver(kept.recipient, kept.subject, kept.body, request_id)
    again = Notification(
        message_id=request_id,
        recipient=kept.recipient,
        order_id=kept.order_id,
        template=kept.template,
        subject=kept.subject,
        body=kept.body,
    )
    return again.save
