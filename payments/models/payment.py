"""Payments, and the ledger that their totals are computed from."""

from typing import Self
from uuid import UUID, uuid4

from django.db import connection, models
from django.db.models import F, Q

from eventbus import current_time
from payments.money import Money

# Ledger and totals in one statement: an entry that was there before counts no second time.
_RECORD = """
WITH entered AS (
    INSERT INTO payments_paymententry (payment_id, kind, amount, reference, recorded_at)
    SELECT %(id)s, kind, amount, reference, %(now)s
    FROM unnest(%(kinds)s::text[], %(amounts)s::bigint[], %(references)s::text[])
        AS entry (kind, amount, reference)
    ON CONFLICT (payment_id, kind, reference) DO NOTHING
    RETURNING kind, amount
)
UPDATE payments_payment
SET state = %(state)s, decline_reason = %(decline_reason)s, decline_message = %(decline_message)s,
    captured = captured + (SELECT coalesce(sum(amount), 0) FROM entered WHERE kind = 'captured'),
    refunded = refunded + (SELECT coalesce(sum(amount), 0) FROM entered WHERE kind = 'refunded')
WHERE id = %(id)s
"""


# Read at every step of every order: written out, it costs a third of what the ORM takes to compile it.
_SELECT = "SELECT * FROM payments_payment WHERE order_id = %s"


class PaymentMethod(models.TextChoices):
    """How an order is paid."""

    CARD = "card"
    ACCOUNT = "account", "on account"


class PaymentState(models.TextChoices):
    """Where a payment stands; each but the first is an ending, and only a capture can still be cancelled."""

    PENDING = "pending"
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class EntryKind(models.TextChoices):
    """What the ledger can say about a payment."""

    CAPTURED = "captured"
    DECLINED = "declined"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


class Payment(models.Model):
    """What is due for one order, how, and how much of it is held: totals that equal the ledger's sums."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    order_id = models.UUIDField(unique=True)
    method = models.CharField(max_length=10, choices=PaymentMethod)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    card_token = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=10, choices=PaymentState, default=PaymentState.PENDING)
    captured = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    decline_reason = models.CharField(max_length=64, blank=True, default="")
    decline_message = models.CharField(max_length=255, blank=True, default="")
    requested_at = models.DateTimeField(default=current_time)

    class Meta:
        constraints = (
            models.CheckConstraint(name="payment_amount_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="payment_refunded_within_captured",
                condition=Q(refunded__gte=0, refunded__lte=F("captured")),
            ),
            models.CheckConstraint(
                name="payment_by_card_has_a_card",
                condition=Q(method=PaymentMethod.CARD) & ~Q(card_token="")
                | Q(method=PaymentMethod.ACCOUNT, card_token=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.due} for order {self.order_id}: {self.state}"

    @property
    def due(self) -> Money:
        """What the order costs."""
        return Money(self.amount, self.currency)

    @property
    def held(self) -> Money:
        """What was captured and not given back."""
        return Money(self.captured - self.refunded, self.currency)

    @classmethod
    def of_order(cls, order_id: UUID) -> Self | None:
        """The order's payment."""
        return next(iter(cls.objects.raw(_SELECT, [order_id])), None)

    @classmethod
    def locked(cls, order_id: UUID, method: str) -> Self | None:
        """The order's payment of this method, locked until the transaction ends."""
        found = cls.objects.raw(f"{_SELECT} AND method = %s FOR UPDATE", [order_id, method])
        return next(iter(found), None)

    def record(self, state: PaymentState, *entries: "PaymentEntry") -> None:
        """Append what the ledger does not hold yet, add that to the totals, and move to `state`."""
        self.state = state
        with connection.cursor() as cursor:
            cursor.execute(
                _RECORD,
                {
                    "id": self.pk,
                    "state": state.value,
                    "decline_reason": self.decline_reason,
                    "decline_message": self.decline_message,
                    "kinds": [entry.kind for entry in entries],
                    "amounts": [entry.amount for entry in entries],
                    "references": [entry.reference for entry in entries],
                    "now": current_time(),
                },
            )


class PaymentEntry(models.Model):
    """One line of the ledger: append-only, in the payment's currency, once per kind and reference."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind)
    amount = models.BigIntegerField(default=0)
    reference = models.CharField(max_length=64)
    recorded_at = models.DateTimeField(default=current_time)

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "payment entries"
        constraints = (
            models.UniqueConstraint(fields=("payment", "kind", "reference"), name="payment_entry_once"),
            models.CheckConstraint(name="payment_entry_not_negative", condition=Q(amount__gte=0)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {Money(self.amount, self.payment.currency)}"
