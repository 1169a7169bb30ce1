"""Reading one order, for the shopper who placed it: always from the write models."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core import signing

from inventory.queries import reservation_state
from orders.errors import LinkNotValid
from orders.events import Address, CustomerSnapshot, OrderLine
from orders.models import LINK_SALT, Notification, OrderState
from orders.queries.history import order_state
from orders.queries.progress import Facts, Step, headline, is_finished, steps
from payments.money import Money
from payments.queries import payment_of


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """An order as its shopper sees it, true at this moment; it changes until `finished`."""

    order_id: UUID
    number: str
    state: str
    headline: str
    message: str
    finished: bool
    steps: tuple[Step, ...]
    customer: CustomerSnapshot
    address: Address | None
    lines: tuple[OrderLine, ...]
    shipping: Money
    total: Money
    payment_method: str
    delivery: str
    tracking_number: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was sent about an order."""

    sent_at: datetime
    recipient: str
    subject: str
    body: str


def order_status(order_id: UUID) -> OrderStatus:
    """Where the order stands, step by step, in sentences for its shopper."""
    order = order_state(order_id)
    facts = _facts(order)
    return OrderStatus(
        order_id=order_id,
        number=order.number,
        state=order.state,
        headline=headline(facts),
        message=order.message,
        finished=is_finished(facts),
        steps=steps(facts),
        customer=order.customer,
        address=order.address,
        lines=order.lines,
        shipping=order.shipping,
        total=order.total,
        payment_method=order.payment_method,
        delivery=order.delivery,
        tracking_number=order.tracking_number,
        placed_at=order.placed_at,
    )


def order_by_token(token: str) -> UUID:
    """The order that a signed link belongs to."""
    try:
        return UUID(signing.Signer(salt=LINK_SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        raise LinkNotValid from None


def mails_about(order_id: UUID) -> tuple[Mail, ...]:
    """The mails sent about an order, oldest first."""
    rows = Notification.objects.filter(order_id=order_id).order_by("sent_at")
    return tuple(Mail(row.sent_at, row.recipient, row.subject, row.body) for row in rows)


def _facts(order: OrderState) -> Facts:
    payment = payment_of(order.order_id)
    return Facts(
        order=order.state,
        reason=order.reason,
        was_confirmed=order.confirmed_at is not None,
        reserved=reservation_state(order.order_id) in ("active", "shipped"),
        payment=payment.state if payment else "",
        was_captured=bool(payment and payment.captured),
    )
