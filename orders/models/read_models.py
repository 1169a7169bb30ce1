"""Tables that the projections fill; everything in them can be rebuilt from the log."""

from django.db import models

from payments.money import Money


class OrderHistoryRow(models.Model):
    """One order as lists show it; may lag behind the order itself."""

    order_id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20, default="", db_index=True)
    state = models.CharField(max_length=10, default="")
    customer = models.CharField(max_length=200, default="")
    units = models.IntegerField(default=0)
    total_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="")
    payment_method = models.CharField(max_length=10, default="")
    payment = models.CharField(max_length=20, default="")
    refunded_amount = models.BigIntegerField(default=0, db_default=0)
    returned_units = models.IntegerField(default=0, db_default=0)
    reason = models.CharField(max_length=40, default="")
    tracking_number = models.CharField(max_length=40, default="")
    placed_at = models.DateTimeField(null=True, db_index=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "order history"

    def __str__(self) -> str:
        return self.number


class SalesByDayRow(models.Model):
    """What one day in London brought, in one currency."""

    key = models.CharField(max_length=14, primary_key=True)
    day = models.DateField(null=True, db_index=True)
    currency = models.CharField(max_length=3, default="")
    orders = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    revenue_amount = models.BigIntegerField(default=0)
    returns = models.IntegerField(default=0)
    refunds_amount = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "sales by day"

    def __str__(self) -> str:
        return self.key

    @property
    def revenue(self) -> Money:
        """Confirmed sales of the day."""
        return Money(self.revenue_amount, self.currency)

    @property
    def refunds(self) -> Money:
        """Given back on that day, whenever it was sold."""
        return Money(self.refunds_amount, self.currency)
