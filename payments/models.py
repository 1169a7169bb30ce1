"""Payments, the ledger that their totals are computed from, and credits on account."""

from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from eventbus import current_time
from payments.money import Money


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
    """What is due for one order, how, and how much of it is held. Totals are sums over the ledger."""

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
    def locked(cls, order_id: object, method: str) -> Self | None:
        """The order's payment of this method, locked until the transaction ends."""
        return cls.objects.select_for_update().filter(order_id=order_id, method=method).first()

    def record(self, state: PaymentState, *entries: "PaymentEntry") -> None:
        """Append to the ledger, move to `state` and take the totals from the ledger anew."""
        for entry in entries:
            entry.payment = self
        PaymentEntry.objects.bulk_create(entries, ignore_conflicts=True)
        self.state = state
        Payment.objects.filter(pk=self.pk).update(
            state=state,
            decline_reason=self.decline_reason,
            decline_message=self.decline_message,
            captured=_total(EntryKind.CAPTURED),
            refunded=_total(EntryKind.REFUNDED),
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


class AccountCredit(models.Model):
    """A credit note: money given to a customer's account outside any order's own payment."""

    id = models.UUIDField(primary_key=True)
    customer_reference = models.CharField(max_length=64, db_index=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=255)
    credited_at = models.DateTimeField(default=current_time)

    class Meta:
        constraints = (
            models.CheckConstraint(name="account_credit_not_negative", condition=Q(amount__gte=0)),
        )

    def __str__(self) -> str:
        return f"{Money(self.amount, self.currency)} to {self.customer_reference}: {self.reason}"


def _total(kind: EntryKind) -> Coalesce:
    entries = PaymentEntry.objects.filter(payment=models.OuterRef("pk"), kind=kind).order_by()
    total = entries.values("payment").annotate(total=Sum("amount")).values("total")
    return Coalesce(models.Subquery(total), 0, output_field=models.BigIntegerField())
