"""What is due, and with which card it is to be paid."""

from uuid import UUID

from django.db import transaction

from eventbus import send
from payments.commands import CancelPayment, CapturePayment
from payments.errors import (
    AlreadyPaid,
    AmountNotPositive,
    AmountTooLarge,
    CardRequired,
    PaymentAlreadyRequested,
    PaymentEnded,
    PaymentUnderWay,
    UnknownCard,
    UnknownPayment,
)
from payments.gateways import chosen_provider
from payments.models import Payment, PaymentMethod, PaymentState
from payments.money import Money
from payments.services.elsewhere import announce, is_elsewhere

MAX_AMOUNT = 10**12
"""The most that one payment can be, in minor units."""

_TEST_CARDS = {
    "4242424242424242": "tok_visa",
    "4000000000000002": "tok_declined",
    "4000000000009995": "tok_insufficient",
    "4000000000000341": "tok_timeout",
    "4000000000000119": "tok_down",
    "4000000000003220": "tok_challenge",
    "4000000000000077": "tok_instant",
    "4000000000003063": "tok_wallet",
    "4000000000000259": "tok_noisy",
}

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
def request_payment(
    *, order_id: UUID, amount: Money, method: str, card_token: str = "", return_url: str = ""
) -> UUID:
    """Note what is due for an order; nothing is taken before `CapturePayment` or `ChargeAccount`.

    return_url: where a bank that wants to see the shopper sends them afterwards. An order on account may
    cost nothing. Raises AmountNotPositive, AmountTooLarge, CardRequired and PaymentAlreadyRequested.
    """
    by_card = method == PaymentMethod.CARD
    if amount.amount < 0 or (by_card and not amount):
        raise AmountNotPositive(amount)
    if amount.amount > MAX_AMOUNT:
        raise AmountTooLarge(amount, Money(MAX_AMOUNT, amount.currency))
    if by_card and not card_token:
        raise CardRequired(order_id)
    payment = Payment(
        order_id=order_id,
        method=PaymentMethod(method),
        amount=amount.amount,
        currency=amount.currency,
        card_token=card_token,
        provider=_provider() if by_card else "",
        return_url=return_url,
    )
    if not payment.insert():
        raise PaymentAlreadyRequested(order_id)
    announce(payment)
    return payment.id


@_transaction
def try_another_card(*, order_id: UUID, card_token: str) -> UUID:
    """Give the order's payment up for one with another card; returns the new payment's id.

    Whatever still arrives on the old one is given back. Raises CardRequired, UnknownPayment, AlreadyPaid,
    PaymentUnderWay and PaymentEnded.
    """
    if not card_token:
        raise CardRequired(order_id)
    current = Payment.locked(order_id)
    if current is None or current.method != PaymentMethod.CARD:
        raise UnknownPayment(order_id, PaymentMethod.CARD)
    _need_open(current)
    current.replace()
    payment = Payment(
        order_id=order_id,
        method=PaymentMethod.CARD,
        amount=current.amount,
        currency=current.currency,
        card_token=card_token,
        provider=_provider(),
        return_url=current.return_url,
    )
    payment.insert()
    announce(payment)
    send(CancelPayment(order_id=order_id, payment_id=current.id), CapturePayment(order_id=order_id))
    return payment.id


def _provider() -> str:
    """Whoever makes the payments chooses where, and has the keys to it."""
    return "" if is_elsewhere() else chosen_provider()


def _need_open(payment: Payment) -> None:
    if payment.settles:
        raise AlreadyPaid(payment.order_id)
    if payment.state == PaymentState.AUTHORISED:
        raise PaymentUnderWay(payment.order_id)
    if payment.state not in {PaymentState.PENDING, PaymentState.CHALLENGED}:
        raise PaymentEnded(payment.order_id)
