"""What a charge tells of a payment that its ledger does not hold yet.

The answer to a call, the page that the shopper returns to and the webhooks all tell of the same charge: late,
twice, in any order. So a charge is never a step to take but a state to reach: what the ledger lacks of it is
added; what it holds already is not; and what is older than the ledger says nothing.
"""

from typing import NamedTuple

from payments.errors import ImpossibleCharge, OtherReference
from payments.gateways import Charge
from payments.models import EntryKind, Payment, PaymentEntry, PaymentState, Refund
from payments.money import CurrencyMismatch

_TOLD = {
    "pending": PaymentState.PENDING,
    "challenge": PaymentState.CHALLENGED,
    "authorised": PaymentState.AUTHORISED,
    "captured": PaymentState.CAPTURED,
    "declined": PaymentState.DECLINED,
    "cancelled": PaymentState.CANCELLED,
}


class News(NamedTuple):
    """Entries that the ledger lacks; the refunds that turn out to be made; and what else was given back.

    unasked: in minor units, given back without a refund of ours: by a cancellation, or by hand.
    """

    entries: tuple[PaymentEntry, ...]
    refunds: tuple[Refund, ...]
    unasked: int

    def tells_of(self, kind: EntryKind) -> bool:
        """Whether this kind of entry is new."""
        return any(entry.kind == kind for entry in self.entries)


def news_of(payment: Payment, charge: Charge) -> News:
    """What is new in the charge; the payment must be locked.

    Raises CurrencyMismatch, OtherReference and ImpossibleCharge for what cannot be about this payment.
    """
    _check(payment, charge)
    refunds = _made(payment, charge)
    unasked = max(0, charge.refunded.amount - payment.refunds_requested)
    entries = [*_taken(payment, charge), *(_of_refund(refund) for refund in refunds)]
    if unasked:
        reference = f"{charge.reference}/{charge.refunded.amount}" if payment.refunded else charge.reference
        entries.append(PaymentEntry(kind=EntryKind.REFUNDED, amount=unasked, reference=reference))
    entries += _step(payment, charge)
    return News(tuple(entries), refunds, unasked)


def _check(payment: Payment, charge: Charge) -> None:
    for money in (charge.authorised, charge.captured, charge.refunded):
        if money.currency != payment.currency:
            raise CurrencyMismatch(payment.currency, money.currency)
    if payment.reference and charge.reference and payment.reference != charge.reference:
        raise OtherReference(payment.id, payment.reference, charge.reference)
    taken, back = charge.captured.amount, charge.refunded.amount
    if taken not in {0, payment.amount} or not 0 <= back <= taken:
        raise ImpossibleCharge(payment.id, payment.due, charge.captured, charge.refunded)


def _taken(payment: Payment, charge: Charge) -> list[PaymentEntry]:
    was, told = PaymentState(payment.state), _TOLD[charge.status]
    taken = charge.captured.amount - payment.captured
    # An order on account may cost nothing; being charged is news all the same.
    if taken <= 0 and not (told == PaymentState.CAPTURED and told.rank > was.rank):
        return []
    entries = [PaymentEntry(kind=EntryKind.CAPTURED, amount=taken, reference=charge.reference)]
    if payment.replaced and charge.captured > charge.refunded:
        entries.append(PaymentEntry(kind=EntryKind.DUPLICATED, amount=taken, reference=charge.reference))
    return entries


def _made(payment: Payment, charge: Charge) -> tuple[Refund, ...]:
    if not charge.refunded or payment.refunds_requested == payment.refunded:
        return ()
    under_way = Refund.under_way(payment.id)
    if charge.refunded == charge.captured:
        return tuple(under_way)
    listed = {refund.refund_id for refund in charge.refunds}
    return tuple(refund for refund in under_way if str(refund.id) in listed)


def _of_refund(refund: Refund) -> PaymentEntry:
    return PaymentEntry(kind=EntryKind.REFUNDED, amount=refund.amount, reference=str(refund.id))


def _step(payment: Payment, charge: Charge) -> list[PaymentEntry]:
    was, told = PaymentState(payment.state), _TOLD[charge.status]
    if told == PaymentState.CAPTURED or told.rank <= was.rank:
        return []
    amount = charge.authorised.amount if told == PaymentState.AUTHORISED else 0
    return [PaymentEntry(kind=EntryKind(told.value), amount=amount, reference=charge.reference)]
