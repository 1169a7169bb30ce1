"""Writing to people: rendered, sent, and kept where staff can read it."""

from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused
from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from eventbus import DependencyDown, Record, outgoing_headers
from orders.errors import MailRefused
from orders.models import Notification
from orders.queries import order_state
from orders.services.links import order_link
from payments.money import Money

MAIL_SERVER = "mail server"
_FOR_GOOD = 500


def notify_customer(
    *, order_id: UUID, template: str, message_id: UUID, amount: Money | None = None, note: str = ""
) -> Record | None:
    """Send the customer the mail `template` about their order; nobody without an address gets one."""
    order = order_state(order_id)
    context = {"order": order, "link": order_link(order_id), "amount": amount, "note": note}
    return notify(
        recipient=order.customer.email,
        template=template,
        message_id=message_id,
        context=context,
        order_id=order_id,
    )


def notify(
    *, recipient: str, template: str, message_id: UUID, context: dict[str, Any], order_id: UUID | None = None
) -> Record | None:
    """Send one mail for this message and recipient, and answer with what records it; None if already done."""
    if not recipient or Notification.is_sent(message_id, recipient):
        return None
    text = render_to_string(f"orders/mail/{template}.txt", context)
    subject, _, rest = text.partition("\n")
    body = rest.strip() + "\n"
    deliver(recipient, subject, body, message_id)
    notification = Notification(
        message_id=message_id,
        recipient=recipient,
        order_id=order_id,
        template=template,
        subject=subject,
        body=body,
    )
    return notification.save


def deliver(recipient: str, subject: str, body: str, message_id: UUID) -> None:
    """Hand a mail to the mail server.

    Raises DependencyDown where it does not answer or takes none now, and MailRefused where it never will:
    a mailbox that does not exist must not look like an outage, which would keep everybody else's mail back.
    """
    # A mail that is sent twice after a crash carries the same id, which mail programs show once.
    headers = {"Message-ID": f"<{message_id}@shop>"} | outgoing_headers()
    mail = EmailMessage(subject, body, to=[recipient], headers=headers)
    try:
        mail.send()
    except (SMTPRecipientsRefused, SMTPDataError) as refusal:
        code = _code_of(refusal)
        raise MailRefused(code) if code >= _FOR_GOOD else DependencyDown(MAIL_SERVER) from refusal
    except (SMTPException, ConnectionError, TimeoutError) as failure:
        raise DependencyDown(MAIL_SERVER) from failure


def _code_of(refusal: SMTPRecipientsRefused | SMTPDataError) -> int:
    if isinstance(refusal, SMTPDataError):
        return refusal.smtp_code
    return min(code for code, _ in refusal.recipients.values())
