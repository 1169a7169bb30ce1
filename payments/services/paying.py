"""What can be done with payments."""

from uuid import UUID

from django.db import transaction

from eventbus import publish, send
from payments.commands import CancelPayment
from payments.errors import CardRequired, UnknownCard, UnknownPayment
from payments.events import (
    AccountCredited,
    PaymentCancelled,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
)
from payments.models import AccountCredit, EntryKind, Payment, PaymentEntry, PaymentMethod, PaymentState
from payments.money import CurrencyMismatch, Money

_TEST_CARDS = {
    "4242424242424242": "tok_visa",
    "4000000000000002": "tok_declined",
    "4000000000009995": "tok_insufficient",
    "4000000000000341": "tok_timeout",
    "4000000000000119": "tok_down",
}
_ACCOUNT_REFERENCE = "account"

# These verbs run inside the transactions of orders and of the bus, thousands of times in an import:
# a savepoint of their own would double their statements, and none of them catches a database error.
_transaction = transaction.atomic(savepoint=False)


def tokenise(card_number: str) -> str:
    """The processor's token for a card; stands in for a processor's hosted field. Keeps no number."""
    digits = "".join(card_number.replace("-", " ").split())
    if digits not in _TEST_CARDS:
        raise UnknownCard
    return _TEST_CARDS[digits]


@_transaction
def request_payment(*, order_id: UUID, amount: Money, method: str, card_token: str = "") -> UUID:
    """Note what is due for an order; nothing is taken before `CapturePayment` or `ChargeAccount`."""
    if method == PaymentMethod.CARD and not card_token:
        raise CardRequired(order_id)
    payment = Payment.objects.create(
        order_id=order_id,
        method=PaymentMethod(method),
        amount=amount.amount,
        currency=amount.currency,
        card_token=card_token,
    )
    return payment.id


@_transaction
def charge_account(*, order_id: UUID) -> None:
    """Charge the order to the customer's account, unless that was done or cancelled before."""
    payment = _locked(order_id, PaymentMethod.ACCOUNT)
    if payment.state == PaymentState.PENDING:
        _capture(payment, _ACCOUNT_REFERENCE, payment.due)


@_transaction
def record_capture(*, order_id: UUID, reference: str, amount: Money) -> None:
    """The processor took the money. If the payment was cancelled meanwhile, have it given back."""
    payment = _locked(order_id, PaymentMethod.CARD)
    if payment.state == PaymentState.CANCELLED:
        payment.record(PaymentState.CANCELLED, _entry(payment, EntryKind.CAPTURED, reference, amount))
        send(CancelPayment(order_id=order_id))
    elif payment.state != PaymentState.CAPTURED:
        _capture(payment, reference, amount)


@_transaction
def record_decline(*, order_id: UUID, reference: str, reason: str, message: str) -> None:
    """The processor refused the card."""
    payment = _locked(order_id, PaymentMethod.CARD)
    if payment.state != PaymentState.PENDING:
        return
    payment.decline_reason, payment.decline_message = reason, message
    payment.record(PaymentState.DECLINED, PaymentEntry(kind=EntryKind.DECLINED, reference=reference))
    publish(PaymentDeclined(order_id=order_id, payment_id=payment.id, reason=reason, message=message))


@_transaction
def record_cancellation(*, order_id: UUID, reference: str, captured: Money, refunded: Money) -> None:
    """The processor holds no money for this payment any more: it took and gave back these sums in all."""
    payment = _locked(order_id, PaymentMethod.CARD)
    _cancel(payment, reference, captured, refunded)


@_transaction
def cancel_account_payment(*, order_id: UUID) -> None:
    """Take the order off the customer's account, and keep it off."""
    payment = _locked(order_id, PaymentMethod.ACCOUNT)
    _cancel(payment, _ACCOUNT_REFERENCE, payment.held, payment.held)


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


def _locked(order_id: UUID, method: PaymentMethod) -> Payment:
    payment = Payment.locked(order_id, method)
    if payment is None:
        raise UnknownPayment(order_id, method)
    return payment


def _entry(payment: Payment, kind: EntryKind, reference: str, amount: Money) -> PaymentEntry:
    if amount.currency != payment.currency:
        raise CurrencyMismatch(payment.currency, amount.currency)
    return PaymentEntry(kind=kind, reference=reference, amount=amount.amount)


def _capture(payment: Payment, reference: str, amount: Money) -> None:
    payment.record(PaymentState.CAPTURED, _entry(payment, EntryKind.CAPTURED, reference, amount))
    publish(
        PaymentCaptured(
            order_id=payment.order_id, payment_id=payment.id, amount=amount, method=payment.method
        )
    )


def _cancel(payment: Payment, reference: str, captured: Money, refunded: Money) -> None:
    was, announced = payment.state, payment.held
    if was == PaymentState.DECLINED or (was == PaymentState.CANCELLED and not announced):
        return
    rest = refunded - Money(payment.refunded, payment.currency)
    moved = (
        _entry(payment, EntryKind.CAPTURED, reference, captured),
        _entry(payment, EntryKind.REFUNDED, reference, rest),
    )
    ending = PaymentEntry(kind=EntryKind.CANCELLED, reference=reference)
    payment.record(PaymentState.CANCELLED, *(entry for entry in moved if entry.amount), ending)
    if was == PaymentState.CAPTURED and announced:
        publish(_refunded(payment, announced, reference))
    if was != PaymentState.CANCELLED:
        publish(PaymentCancelled(order_id=payment.order_id, payment_id=payment.id))


def _refunded(payment: Payment, amount: Money, reference: str) -> PaymentRefunded:
    return PaymentRefunded(
        order_id=payment.order_id, payment_id=payment.id, amount=amount, reference=reference
    )
