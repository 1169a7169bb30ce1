"""Giving money back: parts of an order's payment, and credit notes on customers' accounts."""

from uuid import UUID, uuid4

from django.db import transaction

from eventbus import current_time, publish, send
from payments.commands import RefundPayment
from payments.errors import AmountNotPositive, RefundIdReused, RefundTooLarge, UnknownPayment
from payments.events import AccountCredited, RefundFailed
from payments.gateways import Charge, Refunded
from payments.models import AccountCredit, Payment, Refund, RefundState
from payments.money import CurrencyMismatch, Money
from payments.services.settling import account_charge, locked, take_in

_transaction = transaction.atomic(savepoint=False)


@_transaction
def refund_payment(*, order_id: UUID, amount: Money, reason: str, refund_id: UUID | None = None) -> UUID:
    """Give back a part of what was captured for the order, as soon as the processor does; returns its id.

    With an id that was used before it is the same refund, and not another one. Raises UnknownPayment,
    CurrencyMismatch, AmountNotPositive, RefundTooLarge and RefundIdReused.
    """
    refund_id = refund_id or uuid4()
    reserve_refund(order_id=order_id, refund_id=refund_id, amount=amount, reason=reason)
    send(RefundPayment(order_id=order_id, refund_id=refund_id, amount=amount, reason=reason))
    return refund_id


@_transaction
def reserve_refund(*, order_id: UUID, refund_id: UUID, amount: Money, reason: str) -> Refund:
    """Set the sum aside for this refund, so that all refunds together never exceed what was captured.

    Asked again, it is the same refund. Raises as `refund_payment` does.
    """
    if amount.amount <= 0:
        raise AmountNotPositive(amount)
    payment = Payment.locked(order_id)
    if payment is None:
        raise UnknownPayment(order_id)
    if amount.currency != payment.currency:
        raise CurrencyMismatch(payment.currency, amount.currency)
    known = Refund.objects.filter(pk=refund_id).select_related("payment").first()
    if known is not None:
        if (known.payment.order_id, known.money) != (order_id, amount):
            raise RefundIdReused(refund_id, amount, known.money)
        return known
    if not payment.reserve_refund(amount):
        raise RefundTooLarge(order_id, amount, payment.refundable)
    return Refund.objects.create(id=refund_id, payment=payment, amount=amount.amount, reason=reason[:255])


@_transaction
def book_refund(*, refund_id: UUID) -> None:
    """Make a refund of an order on account: it needs nobody but us."""
    payment, refund = _of(refund_id)
    if refund.state != RefundState.REQUESTED:
        return
    captured, refunded = (Money(total, payment.currency) for total in (payment.captured, payment.refunded))
    made = Refunded(refund_id=str(refund_id), amount=refund.money)
    take_in(payment, account_charge("captured", captured, refunded + refund.money, refunds=(made,)))


@_transaction
def fail_refund(*, refund_id: UUID, reason: str, charge: Charge) -> None:
    """The processor will not make this refund, and holds what `charge` says: its sum is free again."""
    payment, _ = _of(refund_id)
    take_in(payment, charge)
    refund = Refund.objects.get(pk=refund_id)
    if refund.state != RefundState.REQUESTED:
        return
    payment.release_refund(refund.money)
    refund.end(RefundState.FAILED, reason)
    _publish_failure(payment.order_id, refund_id, refund.money, reason)
    take_in(payment, charge)


@_transaction
def refuse_refund(*, order_id: UUID, refund_id: UUID, amount: Money, reason: str, refusal: str) -> None:
    """Say, once, that a refund was not even tried; staff find it with the order's payment."""
    payment = Payment.of_order(order_id)
    if payment is not None and amount.amount > 0 and amount.currency == payment.currency:
        refused = {
            "payment": payment,
            "amount": amount.amount,
            "reason": reason[:255],
            "state": RefundState.FAILED,
            "failure": refusal[:500],
            "ended_at": current_time(),
        }
        _, is_new = Refund.objects.get_or_create(pk=refund_id, defaults=refused)
        if not is_new:
            return
    _publish_failure(order_id, refund_id, amount, refusal)


@_transaction
def credit_account(*, credit_id: UUID, customer_reference: str, amount: Money, reason: str) -> None:
    """Credit a customer's account by a credit note; the same note counts once."""
    note = {
        "customer_reference": customer_reference,
        "amount": amount.amount,
        "currency": amount.currency,
        "reason": reason,
    }
    _, created = AccountCredit.objects.get_or_create(pk=credit_id, defaults=note)
    if created:
        publish(
            AccountCredited(
                credit_id=credit_id, customer_reference=customer_reference, amount=amount, reason=reason
            )
        )


def _of(refund_id: UUID) -> tuple[Payment, Refund]:
    payment = locked(Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id))
    refund = Refund.objects.get(pk=refund_id)
    refund.payment = payment
    return payment, refund


def _publish_failure(order_id: UUID, refund_id: UUID, amount: Money, reason: str) -> None:
    publish(RefundFailed(order_id=order_id, refund_id=refund_id, amount=amount, reason=reason))
