"""What can be asked about payments; all of it from the write model, never behind."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q, Sum

from payments.models import AccountCredit, EntryKind, Payment
from payments.money import Money


@dataclass(frozen=True, kw_only=True)
class PaymentSummary:
    """Where an order's payment stands."""

    payment_id: UUID
    state: str
    method: str
    due: Money
    captured: Money
    refunded: Money
    decline_reason: str
    decline_message: str


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
        decline_reason=payment.decline_reason,
        decline_message=payment.decline_message,
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
    """The orders whose payment says other totals than its ledger; there must be none."""
    captured = Sum("entries__amount", filter=Q(entries__kind=EntryKind.CAPTURED), default=0)
    refunded = Sum("entries__amount", filter=Q(entries__kind=EntryKind.REFUNDED), default=0)
    summed = Payment.objects.annotate(ledger_captured=captured, ledger_refunded=refunded)
    same = Q(captured=F("ledger_captured"), refunded=F("ledger_refunded"))
    return list(summed.exclude(same).order_by("order_id").values_list("order_id", flat=True))


def _totals(currency: str, captured: int, refunded: int, credited: int) -> Totals:
    # Postgres sums bigints as numeric, which arrives as Decimal.
    return Totals(
        captured=Money(int(captured), currency),
        refunded=Money(int(refunded), currency),
        credited=Money(int(credited), currency),
    )
