"""Payments made by a process of their own: `PAYMENTS_ELSEWHERE` says that this one asks and keeps copies.

What is due is announced (`PaymentRequested`) beside the row that this side keeps; over there it becomes the
payment. What becomes of it comes back as the events that everybody hears, and the rows here follow them in
the transaction in which they arrive: a handler or saga that hears an event finds it in the copy. The other
side's word always wins.
"""

from uuid import UUID

from django.conf import settings
from django.db import transaction

from eventbus import current_time, publish, send
from payments.commands import LookUpPayment
from payments.events import (
    PaymentAuthorised,
    PaymentCancelled,
    PaymentCaptured,
    PaymentChallenged,
    PaymentDeclined,
    PaymentDuplicated,
    PaymentRefunded,
    PaymentRequested,
    RefundFailed,
)
from payments.gateways import chosen_provider
from payments.models import EntryKind, Payment, PaymentEntry, PaymentMethod, PaymentState, Refund, RefundState
from payments.money import Money

Step = (
    PaymentChallenged
    | PaymentAuthorised
    | PaymentCaptured
    | PaymentDeclined
    | PaymentCancelled
    | PaymentDuplicated
)
_transaction = transaction.atomic(savepoint=False)


def is_elsewhere() -> bool:
    """Whether another process makes the payments."""
    return bool(getattr(settings, "PAYMENTS_ELSEWHERE", False))


def announce(payment: Payment) -> None:
    """Tell the other side what is due; where payments are made here, nobody needs to be told."""
    if not is_elsewhere():
        return
    publish(
        PaymentRequested(
            order_id=payment.order_id,
            payment_id=payment.id,
            amount=payment.due,
            method=payment.method,
            card_token=payment.card_token,
            return_url=payment.return_url,
            requested_at=payment.requested_at,
        )
    )


@_transaction
def ask_elsewhere(order_id: UUID) -> None:
    """Have the other side ask the processor."""
    send(LookUpPayment(order_id=order_id))


@_transaction
def open_payment(requested: PaymentRequested) -> None:
    """Note what the other side says is due, once; in place of what was due before, unless that has gone on.

    Where it is, the request came too late, and the other side hears of what was faster.
    """
    if Payment.objects.filter(pk=requested.payment_id).exists():
        return
    current = Payment.locked(requested.order_id)
    if current is not None:
        if current.state not in {PaymentState.PENDING, PaymentState.CHALLENGED}:
            return
        current.replace()
    Payment(
        id=requested.payment_id,
        order_id=requested.order_id,
        method=PaymentMethod(requested.method),
        amount=requested.amount.amount,
        currency=requested.amount.currency,
        card_token=requested.card_token,
        provider=chosen_provider() if requested.method == PaymentMethod.CARD else "",
        return_url=requested.return_url,
        requested_at=requested.requested_at,
    ).insert()


@_transaction
def follow_payment(event: Step) -> None:
    """Let the copy of a payment follow what the other side says of it."""
    payment = Payment.objects.select_for_update().get(pk=event.payment_id)
    kind, amount = _KINDS[type(event)], 0
    match event:
        case PaymentChallenged():
            payment.challenge_url = event.challenge_url
        case PaymentDeclined():
            payment.decline_reason, payment.decline_message = event.reason, event.message
        case PaymentAuthorised() | PaymentCaptured() | PaymentDuplicated():
            amount = event.amount.amount
    if not isinstance(event, PaymentChallenged | PaymentDuplicated):
        payment.challenge_url = ""
        _make_current(payment)
    payment.settles = payment.settles or isinstance(event, PaymentCaptured)
    payment.record(PaymentEntry(kind=kind, amount=amount, reference=str(payment.id)))


@_transaction
def follow_refund(event: PaymentRefunded) -> None:
    """Let the copy of a payment follow what was given back of it."""
    payment = Payment.objects.select_for_update().get(pk=event.payment_id)
    amount = event.amount.amount
    reference = str(event.refund_id or f"{event.reference}/{payment.refunded + amount}")
    if event.refund_id:
        refund = Refund.objects.filter(pk=event.refund_id).first()
        if refund:
            refund.end(RefundState.DONE)
        else:
            _keep_refund(event.refund_id, payment, event.amount, RefundState.DONE)
    unasked = _set_aside(payment, payment.refunded + amount) - payment.refunds_requested
    payment.record(PaymentEntry(kind=EntryKind.REFUNDED, amount=amount, reference=reference), unasked=unasked)


@_transaction
def follow_failure(event: RefundFailed) -> None:
    """Let the copy of a refund follow that it was not made."""
    payment = Payment.locked(event.order_id)
    if payment is None:
        return
    refund = Refund.objects.filter(pk=event.refund_id).first()
    if refund and refund.state == RefundState.REQUESTED:
        refund.end(RefundState.FAILED, event.reason[:500])
        payment.refunds_requested = _set_aside(payment, payment.refunded)
        payment.save(update_fields=["refunds_requested"])
    elif refund is None and event.amount.amount > 0 and event.amount.currency == payment.currency:
        _keep_refund(event.refund_id, payment, event.amount, RefundState.FAILED, event.reason[:500])


def _set_aside(payment: Payment, refunded: int) -> int:
    """What was given back and is asked back, up to what there is: some of it may fail over there."""
    under_way = sum(refund.amount for refund in Refund.under_way(payment.id))
    return min(payment.captured, refunded + under_way)


def _keep_refund(
    refund_id: UUID, payment: Payment, amount: Money, state: RefundState, failure: str = ""
) -> None:
    Refund.objects.create(
        id=refund_id,
        payment=payment,
        amount=amount.amount,
        reason="",
        state=state,
        failure=failure,
        ended_at=current_time(),
    )


def _make_current(payment: Payment) -> None:
    """The other side holds this one for the order's current payment, so that a later one was too late."""
    if payment.replaced:
        Payment.objects.filter(order_id=payment.order_id, replaced=False).update(replaced=True)
        payment.replaced = False
        payment.save(update_fields=["replaced"])


_KINDS = {
    PaymentChallenged: EntryKind.CHALLENGED,
    PaymentAuthorised: EntryKind.AUTHORISED,
    PaymentCaptured: EntryKind.CAPTURED,
    PaymentDeclined: EntryKind.DECLINED,
    PaymentCancelled: EntryKind.CANCELLED,
    PaymentDuplicated: EntryKind.DUPLICATED,
}
