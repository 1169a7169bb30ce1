"""Reading one order, for the shopper who placed it: always from the write models."""

from dataclasses import dataclass
from datetime import datetime
from time import time
from uuid import UUID

from django.conf import settings
from django.core import signing

from inventory.queries import reservation_state
from orders.errors import LinkExpired, LinkNotValid
from orders.events import Address, CustomerSnapshot, OrderLine
from orders.models import LINK_SALT, LinkCut, Notification, OrderState
from orders.queries.diary import DiaryEntry, diary_of
from orders.queries.history import order_state
from orders.queries.parcels import ParcelMove, parcel_of
from orders.queries.progress import Facts, Step, headline, is_finished, steps
from orders.queries.returns import Returnable, ReturnView, returnable_of, returns_of
from payments.money import Money
from payments.queries import PaymentSummary, RefundSummary, payment_of, refunds_of

_PARCEL_ENDS = ("delivered", "returned")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the shopper can do about their order now."""

    challenge_url: str
    another_card: bool
    cancel: bool
    returnable: tuple[Returnable, ...]


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """An order as its shopper sees it, true at this moment.

    The checkout is under way until `finished`; `live` as long as the page may still change by itself, parcel
    and refunds included. `came_too_late` is a wish to cancel that the parcel was faster than.
    """

    order_id: UUID
    customer_id: int | None
    number: str
    state: str
    headline: str
    reason: str
    message: str
    finished: bool
    live: bool
    cancelling: bool
    came_too_late: bool
    choices: Choices
    steps: tuple[Step, ...]
    parcel: tuple[ParcelMove, ...]
    diary: tuple[DiaryEntry, ...]
    returns: tuple[ReturnView, ...]
    refunds: tuple[RefundSummary, ...]
    customer: CustomerSnapshot
    address: Address | None
    lines: tuple[OrderLine, ...]
    shipping_name: str
    shipping: Money
    total: Money
    tax_name: str
    tax: Money | None
    payment_method: str
    delivery: str
    tracking_number: str
    placed_at: datetime

    @property
    def pulse(self) -> str:
        """Words that change whenever the page does, and only then."""
        states = [step.state for step in self.steps] + [str(len(self.diary))]
        states += [each.state for each in self.returns] + [each.state for each in self.refunds]
        asked = [name for name in ("another_card", "cancel") if getattr(self.choices, name)]
        return " ".join([*states, *asked, "bank" if self.choices.challenge_url else ""]).strip()

    @property
    def news(self) -> str:
        """What is new, in one sentence: the step under way, or else the headline."""
        under_way = (step.sentence for step in self.steps if step.state in ("current", "undoing"))
        return next(under_way, self.headline)


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
    payment, held = payment_of(order_id), reservation_state(order_id)
    shipped = order.state == "shipped"
    parcel = parcel_of(order_id) if shipped else ()
    refunds = refunds_of(order_id) if shipped else ()
    facts = _facts(order, payment, held, parcel)
    return OrderStatus(
        order_id=order_id,
        customer_id=order.customer_id,
        number=order.number,
        state=order.state,
        headline=headline(facts),
        reason=order.reason,
        message=order.message,
        finished=is_finished(facts),
        live=not is_finished(facts) or _is_moving(order, parcel, refunds),
        cancelling=facts.cancelling and not shipped and order.state != "cancelled",
        came_too_late=facts.cancelling and shipped,
        choices=_choices(order, payment, held),
        steps=steps(facts),
        parcel=parcel,
        diary=diary_of(order_id, parcel),
        returns=returns_of(order),
        refunds=refunds,
        customer=order.customer,
        address=order.address,
        lines=order.lines,
        shipping_name=order.shipping_name,
        shipping=order.shipping,
        total=order.total,
        tax_name=order.tax_name,
        tax=order.tax,
        payment_method=order.payment_method,
        delivery=order.delivery,
        tracking_number=order.tracking_number,
        placed_at=order.placed_at,
    )


def order_by_token(token: str) -> UUID:
    """The order that a signed link belongs to; raises LinkNotValid, and LinkExpired for one of old."""
    try:
        order, _, second = signing.Signer(salt=LINK_SALT).unsign(token).partition(".")
        order_id, written = UUID(order), int(second or 0)
    except (signing.BadSignature, ValueError):
        raise LinkNotValid from None
    if written < time() - settings.ORDERS_LINK_DAYS * 86400:
        raise LinkExpired
    if LinkCut.objects.filter(order_id=order_id, until_second__gte=written).exists():
        raise LinkExpired
    return order_id


def mails_about(order_id: UUID) -> tuple[Mail, ...]:
    """The mails sent about an order, oldest first."""
    rows = Notification.objects.filter(order_id=order_id).order_by("sent_at")
    return tuple(Mail(row.sent_at, row.recipient, row.subject, row.body) for row in rows)


def _facts(
    order: OrderState, payment: PaymentSummary | None, held: str | None, parcel: tuple[ParcelMove, ...]
) -> Facts:
    return Facts(
        order=order.state,
        reason=order.reason,
        cancelling=order.cancellation_requested_at is not None,
        was_confirmed=order.confirmed_at is not None,
        reserved=held in ("active", "shipped"),
        payment=payment.state if payment else "",
        was_captured=bool(payment and payment.captured),
        parcel=parcel[-1].status if parcel else "",
        all_returned=sum(order.returned.values()) == order.units,
    )


def _is_moving(order: OrderState, parcel: tuple[ParcelMove, ...], refunds: tuple[RefundSummary, ...]) -> bool:
    under_way = order.delivery == "carrier" and (not parcel or parcel[-1].status not in _PARCEL_ENDS)
    return order.state == "shipped" and (under_way or any(each.state == "requested" for each in refunds))


def _choices(order: OrderState, payment: PaymentSummary | None, held: str | None) -> Choices:
    waiting = can_pay_otherwise(order, payment, held)
    challenged = waiting and payment is not None and payment.state == "challenged"
    return Choices(
        challenge_url=payment.challenge_url if payment and challenged else "",
        another_card=waiting,
        cancel=order.state in ("placed", "confirmed") and order.cancellation_requested_at is None,
        returnable=returnable_of(order),
    )


def can_pay_otherwise(order: OrderState, payment: PaymentSummary | None, held: str | None) -> bool:
    """Whether the order waits for nothing but its money, and for a card to bring it."""
    return (
        order.state == "placed"
        and order.cancellation_requested_at is None
        and held in ("active", "expired")
        and payment is not None
        and (payment.method, payment.state) in [("card", "pending"), ("card", "challenged")]
    )
