"""The rules that staff set: which tax is in a price, and what delivery costs."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

ANYWHERE = "*"
HOME_COUNTRY, HOME_CURRENCY = "United Kingdom", "GBP"


class TaxRule(models.Model):
    """What part of every price in a country is tax, from a day on; the newest that has begun applies."""

    country = models.CharField(max_length=60, help_text="As in addresses, or * for every other country.")
    name = models.CharField(max_length=40, help_text="As shoppers read it: VAT.")
    rate = models.PositiveIntegerField(help_text="In basis points: 2000 is 20 %.")
    valid_from = models.DateField(default=timezone.localdate)

    class Meta:
        ordering = ("country", "-valid_from")
        constraints = (
            models.UniqueConstraint(fields=["country", "valid_from"], name="orders_taxrule_one_a_day"),
            models.CheckConstraint(condition=Q(rate__lte=100_00), name="orders_taxrule_rate_up_to_100"),
        )

    def __str__(self) -> str:
        return f"{self.country}: {self.name} {self.rate / 100:g} % from {self.valid_from}"


class ShippingRule(models.Model):
    """What delivery costs from a value of the goods on; the highest that the goods reach applies."""

    country = models.CharField(max_length=60, help_text="As in addresses, or * for every other country.")
    currency = models.CharField(max_length=3, default=HOME_CURRENCY)
    from_subtotal = models.PositiveBigIntegerField(help_text="In pence: 5000 is 50.00.")
    name = models.CharField(max_length=60, help_text="As shoppers read it: Standard delivery.")
    charge = models.PositiveBigIntegerField(help_text="In pence, tax included; 0 is free.")
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("country", "currency", "from_subtotal")
        constraints = (
            models.UniqueConstraint(
                fields=["country", "currency", "from_subtotal"],
                condition=Q(active=True),
                name="orders_shippingrule_one_per_value",
            ),
        )

    def __str__(self) -> str:
        return f"{self.country}: {self.name} from {self.from_subtotal} {self.currency}"
