"""Tables that the projections fill; everything in them can be rebuilt from the log."""

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Upper

from payments.money import Money


class OrderHistoryRow(models.Model):
    """One order as lists show it; may lag behind the order itself."""

    order_id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20, default="", db_index=True)
    state = models.CharField(max_length=10, default="")
    customer = models.CharField(max_length=200, default="")
    email = models.CharField(max_length=254, default="", db_default="", db_index=True)
    reference = models.CharField(max_length=40, default="", db_default="", db_index=True)
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
        indexes = (
            models.Index(fields=["state", "-placed_at"], name="orders_history_state"),
            models.Index(fields=["payment", "-placed_at"], name="orders_history_payment"),
            models.Index(OpClass(Upper("customer"), name="text_pattern_ops"), name="orders_history_customer"),
        )

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


class SalesByHourRow(models.Model):
    """What one hour brought, in one currency."""

    key = models.CharField(max_length=17, primary_key=True)
    hour = models.DateTimeField(null=True, db_index=True)
    currency = models.CharField(max_length=3, default="")
    orders = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    revenue_amount = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "sales by hour"

    def __str__(self) -> str:
        return self.key


class ProductDemandRow(models.Model):
    """What was ordered of one article in one month, in one currency, whatever became of the order."""

    key = models.CharField(max_length=52, primary_key=True)
    month = models.DateField(null=True)
    currency = models.CharField(max_length=3, default="")
    sku = models.CharField(max_length=40, default="")
    title = models.CharField(max_length=200, default="")
    orders = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    value_amount = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "product demand"
        indexes = (models.Index(fields=["month", "currency", "-value_amount"], name="orders_demand_top"),)

    def __str__(self) -> str:
        return self.key


class ShopDayRow(models.Model):
    """How many carts and orders took each step on one day in London; `reasons` counts why orders failed."""

    key = models.CharField(max_length=10, primary_key=True)
    day = models.DateField(null=True, db_index=True)
    carts = models.IntegerField(default=0)
    placed = models.IntegerField(default=0)
    paid = models.IntegerField(default=0)
    shipped = models.IntegerField(default=0)
    cancelled = models.IntegerField(default=0)
    cancelled_paid = models.IntegerField(default=0)
    reasons = models.JSONField(default=dict)
    newest_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "day"

    def __str__(self) -> str:
        return self.key


class CardPulseRow(models.Model):
    """One row: what became of the last cards, newest last, and counts since the beginning."""

    key = models.CharField(max_length=10, primary_key=True)
    captured = models.IntegerField(default=0)
    declined = models.IntegerField(default=0)
    challenged = models.IntegerField(default=0)
    duplicated = models.IntegerField(default=0)
    refunds_failed = models.IntegerField(default=0)
    latest = models.JSONField(default=list)
    newest_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "card pulse"

    def __str__(self) -> str:
        return self.key
