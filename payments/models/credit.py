"""Credit notes on customers' accounts."""

from django.db import models
from django.db.models import Q

from eventbus import current_time
from payments.money import Money


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
