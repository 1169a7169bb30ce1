"""Payments, and the ledger that their totals are computed from."""

from functools import cache
from typing import Self
from uuid import UUID, uuid4

from django.db import connection, models
from django.db.models import F, Q

from eventbus import current_time
from payments.models.states import EntryKind, PaymentMethod, PaymentState, state_told_by
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
SET state = %(state)s, settles = %(settles)s, reference = %(reference)s, challenge_url = %(challenge_url)s,
    decline_reason = %(decline_reason)s, decline_message = %(decline_message)s,
    captured = captured + (SELECT coalesce(sum(amount), 0) FROM entered WHERE kind = 'captured'),
    refunded = refunded + (SELECT coalesce(sum(amount), 0) FROM entered WHERE kind = 'refunded'),
    refunds_requested = refunds_requested + %(unasked)s
WHERE id = %(id)s
"""
_RESERVE_REFUND = """
UPDATE payments_payment SET refunds_requested = refunds_requested + %(amount)s
WHERE id = %(id)s AND settles AND refunds_requested + %(amount)s <= captured
"""

# Read at every step of every order: written out, it costs a third of what the ORM takes to compile it.
_SELECT = "SELECT * FROM payments_payment WHERE order_id = %s AND NOT replaced"


class Payment(models.Model):
    """One attempt to pay an order: what is due, how, and how much of it is held.

    An order has one current attempt; those that the shopper gave up for another card are `replaced`. Only the
    current one can ever pay the order (`settles`); what arrives on another is given back. The totals equal
    the ledger's sums, and each bounds the next: 0 <= refunded <= refunds_requested <= captured <= amount.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    order_id = models.UUIDField(db_index=True)
    replaced = models.BooleanField(default=False)
    settles = models.BooleanField(default=False)
    method = models.CharField(max_length=10, choices=PaymentMethod)
    provider = models.CharField(max_length=20, blank=True, default="")
    reference = models.CharField(max_length=255, blank=True, default="")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    card_token = models.CharField(max_length=64, blank=True, default="")
    return_url = models.CharField(max_length=500, blank=True, default="")
    challenge_url = models.CharField(max_length=2000, blank=True, default="")
    state = models.CharField(max_length=10, choices=PaymentState, default=PaymentState.PENDING)
    captured = models.BigIntegerField(default=0)
    refunds_requested = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    decline_reason = models.CharField(max_length=64, blank=True, default="")
    decline_message = models.CharField(max_length=255, blank=True, default="")
    requested_at = models.DateTimeField(default=current_time)

    class Meta:
        permissions = (("refund_payment", "Can give money back"),)
        constraints = (
            models.UniqueConstraint(
                name="payment_one_current_per_order", fields=("order_id",), condition=Q(replaced=False)
            ),
            models.UniqueConstraint(
                name="payment_one_per_reference",
                fields=("provider", "reference"),
                condition=~Q(reference=""),
            ),
            models.CheckConstraint(
                name="payment_replaced_never_settles", condition=Q(replaced=False) | Q(settles=False)
            ),
            models.CheckConstraint(name="payment_amount_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="payment_captured_within_amount", condition=Q(captured__lte=F("amount"))
            ),
            models.CheckConstraint(
                name="payment_refunded_within_captured",
                condition=Q(
                    refunded__gte=0,
                    refunded__lte=F("refunds_requested"),
                    refunds_requested__lte=F("captured"),
                ),
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

    @property
    def refundable(self) -> Money:
        """What was captured for the order and nobody has asked back yet."""
        return Money(self.captured - self.refunds_requested if self.settles else 0, self.currency)

    @property
    def has_ended(self) -> bool:
        """Whether it was declined or cancelled: money that came in spite of it is not for the order."""
        came_too_late = bool(self.captured and not self.settles)
        return came_too_late or self.state in {PaymentState.DECLINED, PaymentState.CANCELLED}

    @classmethod
    def of_order(cls, order_id: UUID) -> Self | None:
        """The order's current payment."""
        return next(iter(cls.objects.raw(_SELECT, [order_id])), None)

    @classmethod
    def locked(cls, order_id: UUID) -> Self | None:
        """The order's current payment, locked until the transaction ends."""
        while (found := next(iter(cls.objects.raw(f"{_SELECT} FOR UPDATE", [order_id])), None)) is None:
            # Whoever waited for a payment that was replaced meanwhile finds none: another is current now.
            if cls.of_order(order_id) is None:
                break
        return found

    def record(self, *entries: "PaymentEntry", unasked: int = 0) -> None:
        """Append what the ledger does not hold yet, add that to the totals, and keep the changed fields.

        unasked: minor units among the entries that were given back without a refund having been asked for.
        """
        self.state = state_told_by((self.state, *(entry.kind for entry in entries)))
        self.captured += sum(entry.amount for entry in entries if entry.kind == EntryKind.CAPTURED)
        self.refunded += sum(entry.amount for entry in entries if entry.kind == EntryKind.REFUNDED)
        self.refunds_requested += unasked
        with connection.cursor() as cursor:
            cursor.execute(
                _RECORD,
                {
                    "id": self.pk,
                    "state": self.state,
                    "settles": self.settles,
                    "reference": self.reference,
                    "challenge_url": self.challenge_url,
                    "decline_reason": self.decline_reason,
                    "decline_message": self.decline_message,
                    "kinds": [entry.kind for entry in entries],
                    "amounts": [entry.amount for entry in entries],
                    "references": [entry.reference for entry in entries],
                    "unasked": unasked,
                    "now": current_time(),
                },
            )

    def insert(self) -> bool:
        """Keep a new payment; False where its order has a current one."""
        fields = self._meta.local_concrete_fields
        with connection.cursor() as cursor:
            cursor.execute(
                _insert_statement(),
                [field.get_db_prep_save(getattr(self, field.attname), connection) for field in fields],
            )
            return bool(cursor.rowcount)

    def replace(self) -> None:
        """Make room for the order's next attempt; whatever arrives on this one will be given back."""
        self.replaced, self.challenge_url = True, ""
        self.save(update_fields=["replaced", "challenge_url"])

    def reserve_refund(self, amount: Money) -> bool:
        """Set a part of what was captured aside for a refund; False where less than that is left."""
        with connection.cursor() as cursor:
            cursor.execute(_RESERVE_REFUND, {"id": self.pk, "amount": amount.amount})
            return bool(cursor.rowcount)

    def release_refund(self, amount: Money) -> None:
        """Give free what was set aside for a refund that will not be made; the payment must be locked."""
        self.refunds_requested -= amount.amount
        self.save(update_fields=["refunds_requested"])


@cache
def _insert_statement() -> str:
    columns = [field.attname for field in Payment._meta.local_concrete_fields]
    return (
        f"INSERT INTO payments_payment ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"
        " ON CONFLICT (order_id) WHERE NOT replaced DO NOTHING"
    )


class PaymentEntry(models.Model):
    """One line of the ledger: append-only, in the payment's currency, once per kind and reference."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind)
    amount = models.BigIntegerField(default=0)
    reference = models.CharField(max_length=300)
    recorded_at = models.DateTimeField(default=current_time)

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = "payment entries"
        constraints = (
            models.UniqueConstraint(fields=("payment", "kind", "reference"), name="payment_entry_once"),
            models.CheckConstraint(name="payment_entry_not_negative", condition=Q(amount__gte=0)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.money}"

    @property
    def money(self) -> Money:
        """How much, in the payment's currency."""
        return Money(self.amount, self.payment.currency)
