"""Refunds: parts of a payment that somebody asked to give back."""

from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from eventbus import current_time
from payments.models.payment import Payment
from payments.money import Money


class RefundState(models.TextChoices):
    """Where a refund stands; a failed one has given its sum free again."""

    REQUESTED = "requested"
    DONE = "done"
    FAILED = "failed"


class Refund(models.Model):
    """One refund; its id is the idempotency key towards the processor, so that it is made once."""

    id = models.UUIDField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=RefundState, default=RefundState.REQUESTED)
    failure = models.CharField(max_length=500, blank=True, default="")
    requested_at = models.DateTimeField(default=current_time)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("requested_at",)
        constraints = (models.CheckConstraint(name="refund_of_something", condition=Q(amount__gt=0)),)

    def __str__(self) -> str:
        return f"{self.money}: {self.state}"

    @property
    def money(self) -> Money:
        """How much, in the payment's currency."""
        return Money(self.amount, self.payment.currency)

    @classmethod
    def under_way(cls, payment_id: UUID) -> list[Self]:
        """The payment's refunds that are asked for and not made yet, oldest first."""
        return list(cls.objects.filter(payment_id=payment_id, state=RefundState.REQUESTED))

    def end(self, state: RefundState, failure: str = "") -> None:
        """Done or failed, now."""
        self.state, self.failure, self.ended_at = state, failure, current_time()
        self.save(update_fields=["state", "failure", "ended_at"])
