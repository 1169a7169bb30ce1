"""What happens when a request about a payment arrives.

Capture and cancellation may run at the same moment, in any order, and more than once. What makes that safe:
the processor decides by the payment's id, so a charge that reaches it after its cancellation takes nothing;
and money that is recorded after the cancellation is asked back once more.
"""

from functools import partial

from eventbus import Record, Reject, handles
from payments import services
from payments.commands import (
    CancelPayment,
    CapturePayment,
    ChargeAccount,
    LookUpPayment,
    ReadNotice,
    RefundPayment,
)
from payments.errors import (
    AmountNotPositive,
    RefundIdReused,
    RefundTooLarge,
    UnknownPayment,
)
from payments.gateways import PROCESSOR, Charge, card_gateway
from payments.models import Payment, PaymentMethod, PaymentState, Refund, RefundState
from payments.money import CurrencyMismatch


@handles
def charge_account(command: ChargeAccount) -> None:
    """Charge the order to the customer's account."""
    try:
        services.charge_account(order_id=command.order_id)
    except UnknownPayment as refusal:
        raise Reject(str(refusal)) from refusal


@handles(external=True, dependency=PROCESSOR)
def capture_payment(command: CapturePayment) -> Record | None:
    """Take the money from the card, unless the bank wants to see the shopper first."""
    payment = Payment.of_order(command.order_id)
    if payment is None or payment.method != PaymentMethod.CARD:
        raise Reject(str(UnknownPayment(command.order_id, PaymentMethod.CARD)))
    charge = _capture(payment)
    return partial(services.settle, payment_id=payment.id, charge=charge) if charge else None


@handles(external=True, dependency=PROCESSOR)
def cancel_payment(command: CancelPayment) -> Record | None:
    """See to it that no money is held, whether the capture was done, is under way or never arrived."""
    payment = _meant(command)
    if payment is None or (payment.has_ended and not payment.held):
        return None
    if command.payment_id and not payment.replaced and not payment.has_ended:
        return None  # it was faster than the card that it was given up for, and is the order's payment
    if payment.method == PaymentMethod.ACCOUNT:
        return partial(services.cancel_account_payment, order_id=command.order_id)
    charge = card_gateway(payment.provider).cancel(
        payment_id=payment.id, reference=payment.reference, currency=payment.currency
    )
    record = services.settle if command.payment_id else services.record_cancellation
    return partial(record, payment_id=payment.id, charge=charge)


@handles(external=True, dependency=PROCESSOR)
def refund_payment(command: RefundPayment) -> Record | None:
    """Give back a part of what was captured; what cannot be given back is said, and ends there."""
    try:
        refund = services.reserve_refund(
            order_id=command.order_id,
            refund_id=command.refund_id,
            amount=command.amount,
            reason=command.reason,
        )
    except RefundIdReused as refusal:
        raise Reject(str(refusal)) from refusal
    except (UnknownPayment, AmountNotPositive, CurrencyMismatch, RefundTooLarge) as refusal:
        return partial(
            services.refuse_refund,
            order_id=command.order_id,
            refund_id=command.refund_id,
            amount=command.amount,
            reason=command.reason,
            refusal=str(refusal),
        )
    if refund.state != RefundState.REQUESTED:
        return None
    return _give_back(refund)


@handles(external=True, dependency=PROCESSOR)
def look_up_payment(command: LookUpPayment) -> Record | None:
    """Ask the processor, for the shopper who is back from their bank."""
    payment = Payment.of_order(command.order_id)
    if payment is None or payment.method != PaymentMethod.CARD or payment.has_ended or payment.settles:
        return None
    charge = card_gateway(payment.provider).find(
        payment_id=payment.id, reference=payment.reference, currency=payment.currency
    )
    return partial(services.settle, payment_id=payment.id, charge=charge)


@handles
def read_notice(command: ReadNotice) -> None:
    """Do what a webhook in the inbox tells."""
    services.read_notice(notice_id=command.notice_id)


def _capture(payment: Payment) -> Charge | None:
    gateway = card_gateway(payment.provider)
    reference = payment.reference
    if payment.state == PaymentState.PENDING:
        charge = gateway.authorise(
            payment_id=payment.id,
            amount=payment.due,
            card_token=payment.card_token,
            return_url=payment.return_url,
        )
        if charge.status != "authorised":
            return charge
        reference = charge.reference
    elif payment.state != PaymentState.AUTHORISED:
        return None
    return gateway.capture(payment_id=payment.id, reference=reference, amount=payment.due)


def _meant(command: CancelPayment) -> Payment | None:
    if command.payment_id is None:
        return Payment.of_order(command.order_id)
    return Payment.objects.filter(pk=command.payment_id).first()


def _give_back(refund: Refund) -> Record:
    payment = refund.payment
    if payment.method == PaymentMethod.ACCOUNT:
        return partial(services.book_refund, refund_id=refund.id)
    gateway = card_gateway(payment.provider)
    try:
        charge = gateway.refund(
            payment_id=payment.id, reference=payment.reference, refund_id=refund.id, amount=refund.money
        )
    except Reject as refusal:
        charge = gateway.find(payment_id=payment.id, reference=payment.reference, currency=payment.currency)
        return partial(services.fail_refund, refund_id=refund.id, reason=str(refusal), charge=charge)
    return partial(services.settle, payment_id=payment.id, charge=charge)
