"""What can be asked about payments; all of it from the write model, never behind."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Sum, Value

from payments.models import AccountCredit, EntryKind, InboxNotice, NoticeState, Payment, Refund, state_told_by
from payments.money import Money

MOST_NOTICES = 200


@dataclass(frozen=True, kw_only=True)
class PaymentSummary:
    """Where an order's payment stands: the current one, where the shopper has tried several cards.

    While it is `challenged`, the bank wants to see the shopper at `challenge_url`; while it is that or
    `pending`, another card can be tried. `refundable` was captured for the order, and nobody has asked it
    back yet.
    """

    payment_id: UUID
    state: str
    method: str
    due: Money
    captured: Money
    refunded: Money
    refundable: Money
    decline_reason: str
    decline_message: str
    challenge_url: str


@dataclass(frozen=True, kw_only=True)
class RefundSummary:
    """One refund: `requested`, `done`, or `failed` with a sentence that says why."""

    refund_id: UUID
    amount: Money
    reason: str
    state: str
    failure: str
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class ParkedNotice:
    """One webhook that waits for a person, and why."""

    notice_id: UUID
    provider: str
    kind: str
    state: str
    remark: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Totals:
    """All money of one currency: captured for orders, given back, and credited to accounts."""

    captured: Money
    refunded: Money
    credited: Money


def payment_of(order_id: UUID) -> PaymentSummary | None:
    """The order's payment, or None when none was requested."""
    payment = Payment.of_order(order_id)
    if payment is None:
        return None
    return PaymentSummary(
        payment_id=payment.id,
        state=payment.state,
        method=payment.method,
        due=payment.due,
        captured=Money(payment.captured, payment.currency),
        refunded=Money(payment.refunded, payment.currency),
        refundable=payment.refundable,
        decline_reason=payment.decline_reason,
        decline_message=payment.decline_message,
        challenge_url=payment.challenge_url,
    )


def refunds_of(order_id: UUID) -> tuple[RefundSummary, ...]:
    """The refunds asked for of the order's payment, oldest first."""
    refunds = Refund.objects.filter(payment__order_id=order_id).select_related("payment")
    return tuple(
        RefundSummary(
            refund_id=refund.id,
            amount=refund.money,
            reason=refund.reason,
            state=refund.state,
            failure=refund.failure,
            requested_at=refund.requested_at,
        )
        for refund in refunds
    )


def notices_to_look_at() -> tuple[ParkedNotice, ...]:
    """The webhooks that were not understood, are not about us, or could not be read; oldest first."""
    waiting = InboxNotice.objects.filter(state__in=(NoticeState.PARKED, NoticeState.FAILED))
    return tuple(
        ParkedNotice(
            notice_id=notice.id,
            provider=notice.provider,
            kind=notice.kind,
            state=notice.state,
            remark=notice.remark,
            received_at=notice.received_at,
        )
        for notice in waiting.defer("body", "headers").order_by("received_at")[:MOST_NOTICES]
    )


def totals() -> dict[str, Totals]:
    """What was captured, refunded and credited in all, by currency."""
    payments = Payment.objects.values("currency").annotate(taken=Sum("captured"), returned=Sum("refunded"))
    moved = {row["currency"]: (row["taken"], row["returned"]) for row in payments}
    notes = AccountCredit.objects.values("currency").annotate(credited=Sum("amount"))
    credited = {row["currency"]: row["credited"] for row in notes}
    return {
        currency: _totals(currency, *moved.get(currency, (0, 0)), credited.get(currency, 0))
        for currency in sorted(moved.keys() | credited.keys())
    }


def ledger_differences() -> list[UUID]:
    """The orders with a payment whose totals or state are not what its ledger says; there must be none."""
    sums = Payment.objects.annotate(
        ledger_captured=_sum_of(EntryKind.CAPTURED),
        ledger_refunded=_sum_of(EntryKind.REFUNDED),
        kinds=ArrayAgg("entries__kind", filter=Q(entries__isnull=False), default=Value([])),
    )
    rows = sums.values_list(
        "order_id", "state", "captured", "refunded", "ledger_captured", "ledger_refunded", "kinds"
    )
    return [
        order_id
        for order_id, state, *counters, captured, refunded, kinds in rows.order_by("order_id").iterator()
        if (state, counters) != (state_told_by(kinds), [captured, refunded])
    ]


def _sum_of(kind: EntryKind) -> Sum:
    return Sum("entries__amount", filter=Q(entries__kind=kind), default=0)


def _totals(currency: str, captured: int, refunded: int, credited: int) -> Totals:
    # Postgres sums bigints as numeric, which arrives as Decimal.
    return Totals(
        captured=Money(int(captured), currency),
        refunded=Money(int(refunded), currency),
        credited=Money(int(credited), currency),
    )
