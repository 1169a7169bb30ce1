"""What happens when a request about a payment arrives.

Capture and cancellation may run at the same moment, in any order, and more than once. What makes that safe:
the processor decides by the payment's id, so a charge that reaches it after its cancellation takes nothing;
and a capture that is recorded after the cancellation has the cancellation asked for again.
"""

from functools import partial

from eventbus import Record, Reject, handles
from payments import services
from payments.commands import CancelPayment, CapturePayment, ChargeAccount
from payments.errors import UnknownPayment
from payments.gateways import PROCESSOR, Charge, card_gateway
from payments.models import Payment, PaymentMethod, PaymentState


@handles
def charge_account(command: ChargeAccount) -> None:
    """Charge the order to the customer's account."""
    try:
        services.charge_account(order_id=command.order_id)
    except UnknownPayment as refusal:
        raise Reject(str(refusal)) from refusal


@handles(external=True, dependency=PROCESSOR)
def capture_payment(command: CapturePayment) -> Record | None:
    """Take the money from the card, and record what the processor says."""
    payment = Payment.objects.filter(order_id=command.order_id, method=PaymentMethod.CARD).first()
    if payment is None:
        raise Reject(str(UnknownPayment(command.order_id, PaymentMethod.CARD)))
    if payment.state != PaymentState.PENDING:
        return None
    charge = card_gateway().charge(payment_id=payment.id, amount=payment.due, card_token=payment.card_token)
    return _outcome(command, charge)


@handles(external=True, dependency=PROCESSOR)
def cancel_payment(command: CancelPayment) -> Record | None:
    """See to it that no money is held, whether the capture was done, is under way or never arrived."""
    payment = Payment.objects.filter(order_id=command.order_id).first()
    if payment is None or _ended_without_money(payment):
        return None
    if payment.method == PaymentMethod.ACCOUNT:
        return partial(services.cancel_account_payment, order_id=command.order_id)
    charge = card_gateway().cancel(payment_id=payment.id, currency=payment.currency)
    return partial(
        services.record_cancellation,
        order_id=command.order_id,
        reference=charge.reference,
        captured=charge.captured,
        refunded=charge.refunded,
    )


def _outcome(command: CapturePayment, charge: Charge) -> Record | None:
    match charge.status:
        case "captured":
            return partial(
                services.record_capture,
                order_id=command.order_id,
                reference=charge.reference,
                amount=charge.captured,
            )
        case "declined":
            return partial(
                services.record_decline,
                order_id=command.order_id,
                reference=charge.reference,
                reason=charge.reason,
                message=charge.message,
            )
    return None


def _ended_without_money(payment: Payment) -> bool:
    return payment.state in {PaymentState.DECLINED, PaymentState.CANCELLED} and not payment.held
