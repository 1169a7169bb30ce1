"""Payments move here and nowhere else: by what a processor says, and by what is booked on an account."""

from typing import Literal
from uuid import UUID

from django.db import transaction

from eventbus import DependencyDown, Reject, publish, send
from payments.commands import CancelPayment
from payments.errors import NoProcessor, PaymentNotFound, UnknownPayment
from payments.events import (
    PaymentAuthorised,
    PaymentCancelled,
    PaymentCaptured,
    PaymentChallenged,
    PaymentDeclined,
    PaymentDuplicated,
    PaymentRefunded,
)
from payments.gateways import Charge, Refunded, card_gateway
from payments.models import EntryKind, Payment, PaymentMethod, PaymentState, RefundState
from payments.money import Money
from payments.services.elsewhere import ask_elsewhere, is_elsewhere
from payments.services.news import News, news_of

_OPEN = {PaymentState.PENDING, PaymentState.CHALLENGED, PaymentState.AUTHORISED}

# These verbs run inside the transactions of orders and of the bus, thousands of times in an import:
# a savepoint of their own would double their statements, and none of them catches a database error.
_transaction = transaction.atomic(savepoint=False)


@_transaction
def settle(*, payment_id: UUID, charge: Charge) -> None:
    """Take in what the processor says of a payment, and publish what is new about it, once.

    Money that the order cannot use (its payment was replaced, declined or cancelled) is given back. Raises
    PaymentNotFound, CurrencyMismatch, OtherReference and ImpossibleCharge.
    """
    take_in(locked(payment_id), charge)


@_transaction
def record_cancellation(*, payment_id: UUID, charge: Charge) -> None:
    """Take in that the order's payment was cancelled; where it has been replaced meanwhile, ask again."""
    payment = locked(payment_id)
    take_in(payment, charge)
    if payment.replaced:
        send(CancelPayment(order_id=payment.order_id))


@_transaction
def charge_account(*, order_id: UUID) -> None:
    """Charge the order to the customer's account, unless that was done or cancelled before."""
    payment = _on_account(order_id)
    if payment.state == PaymentState.PENDING:
        take_in(payment, account_charge("captured", payment.due, Money.zero(payment.currency)))


@_transaction
def cancel_account_payment(*, order_id: UUID) -> None:
    """Take the order off the customer's account, and keep it off."""
    payment = _on_account(order_id)
    captured = Money(payment.captured, payment.currency)
    take_in(payment, account_charge("cancelled", captured, captured))


def look_up(*, order_id: UUID) -> None:
    """Ask the processor where the order's payment stands: for the shopper who comes back from their bank.

    Calls out, so not inside a transaction. A processor that does not answer is no error: its webhook follows,
    or else the checkout's own deadline. Where payments are made elsewhere, it is asked over there.
    """
    if is_elsewhere():
        ask_elsewhere(order_id)
        return
    payment = Payment.of_order(order_id)
    if payment is None or payment.method != PaymentMethod.CARD or payment.state not in _OPEN:
        return
    try:
        charge = card_gateway(payment.provider).find(
            payment_id=payment.id, reference=payment.reference, currency=payment.currency
        )
    except (DependencyDown, NoProcessor, Reject):
        return
    settle(payment_id=payment.id, charge=charge)


def locked(payment_id: UUID) -> Payment:
    """The payment, locked until the transaction ends; raises PaymentNotFound."""
    payment = Payment.objects.select_for_update().filter(pk=payment_id).first()
    if payment is None:
        raise PaymentNotFound(payment_id)
    return payment


def account_charge(
    status: Literal["captured", "cancelled"],
    captured: Money,
    refunded: Money,
    refunds: tuple[Refunded, ...] = (),
) -> Charge:
    """What a customer's account says of an order, in the words of a processor."""
    return Charge(
        status=status,
        reference="account",
        authorised=captured,
        captured=captured,
        refunded=refunded,
        refunds=refunds,
    )


def take_in(payment: Payment, charge: Charge) -> None:
    """Add to a locked payment what its ledger lacks of the charge, and publish it."""
    was, news = PaymentState(payment.state), news_of(payment, charge)
    if not news.entries:
        return
    _keep(payment, charge, news)
    _publish_capture(payment, news)
    _publish_refunds(payment, charge.reference, news)
    if not payment.replaced:
        _publish_step(payment, was)
    if _is_unwanted(payment):
        send(CancelPayment(order_id=payment.order_id, payment_id=payment.id))


def _on_account(order_id: UUID) -> Payment:
    payment = Payment.locked(order_id)
    if payment is None or payment.method != PaymentMethod.ACCOUNT:
        raise UnknownPayment(order_id, PaymentMethod.ACCOUNT)
    return payment


def _keep(payment: Payment, charge: Charge, news: News) -> None:
    if payment.method == PaymentMethod.CARD:
        payment.reference = charge.reference or payment.reference
        payment.challenge_url = charge.challenge_url
    if news.tells_of(EntryKind.DECLINED):
        payment.decline_reason, payment.decline_message = charge.reason[:64], charge.message[:255]
    # What comes after an ending, or together with one, was never the order's.
    if news.tells_of(EntryKind.CAPTURED) and charge.status == "captured":
        payment.settles = not (payment.replaced or payment.has_ended)
    payment.record(*news.entries, unasked=news.unasked)
    for refund in news.refunds:
        refund.end(RefundState.DONE)


def _publish_capture(payment: Payment, news: News) -> None:
    if not news.tells_of(EntryKind.CAPTURED):
        return
    amount = Money(payment.captured, payment.currency)
    if payment.settles:
        publish(
            PaymentCaptured(
                order_id=payment.order_id, payment_id=payment.id, amount=amount, method=payment.method
            )
        )
    elif news.tells_of(EntryKind.DUPLICATED):
        publish(PaymentDuplicated(order_id=payment.order_id, payment_id=payment.id, amount=amount))


def _publish_refunds(payment: Payment, reference: str, news: News) -> None:
    if not payment.settles:
        return  # nobody was told of this money, so nobody is told that it is gone
    given_back: list[tuple[int, UUID | None]] = [(refund.amount, refund.id) for refund in news.refunds]
    if news.unasked:
        given_back.append((news.unasked, None))
    for amount, refund_id in given_back:
        publish(
            PaymentRefunded(
                order_id=payment.order_id,
                payment_id=payment.id,
                amount=Money(amount, payment.currency),
                reference=reference,
                refund_id=refund_id,
            )
        )


def _publish_step(payment: Payment, was: PaymentState) -> None:
    order_id, payment_id = payment.order_id, payment.id
    match was, payment.state:
        case before, after if before == after:
            return
        case PaymentState.PENDING, PaymentState.CHALLENGED:
            challenge_url = payment.challenge_url
            publish(PaymentChallenged(order_id=order_id, payment_id=payment_id, challenge_url=challenge_url))
        case PaymentState.CHALLENGED, PaymentState.AUTHORISED:
            publish(PaymentAuthorised(order_id=order_id, payment_id=payment_id, amount=payment.due))
        case _, PaymentState.DECLINED:
            publish(
                PaymentDeclined(
                    order_id=order_id,
                    payment_id=payment_id,
                    reason=payment.decline_reason,
                    message=payment.decline_message,
                )
            )
        case _, PaymentState.CANCELLED:
            publish(PaymentCancelled(order_id=order_id, payment_id=payment_id))


def _is_unwanted(payment: Payment) -> bool:
    """Whether money is held, or set aside, that is not for the order."""
    waiting = payment.replaced and payment.state in _OPEN
    return bool(waiting or (payment.held and not payment.settles))
