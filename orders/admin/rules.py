"""The rules that staff set: tax, and what delivery costs."""

from typing import Any

from django.contrib import admin

from orders.models import ShippingRule, TaxRule
from payments.money import Money


@admin.register(TaxRule)
class TaxRuleAdmin(admin.ModelAdmin[Any]):
    """Orders keep the tax they were placed with: a rule changes what comes after it."""

    list_display = ("country", "name", "percent", "valid_from")
    list_filter = ("country",)

    @admin.display(ordering="rate", description="rate")
    def percent(self, rule: TaxRule) -> str:
        """The rate as people write it."""
        return f"{rule.rate / 100:g} %"


@admin.register(ShippingRule)
class ShippingRuleAdmin(admin.ModelAdmin[Any]):
    """Orders keep what their delivery cost: a rule changes what comes after it."""

    list_display = ("country", "name", "reached", "costs", "active")
    list_filter = ("country", "currency", "active")

    @admin.display(ordering="from_subtotal", description="for goods from")
    def reached(self, rule: ShippingRule) -> str:
        """The value of the goods from which on it applies."""
        return str(Money(rule.from_subtotal, rule.currency))

    @admin.display(ordering="charge", description="charge")
    def costs(self, rule: ShippingRule) -> str:
        """What the shopper pays."""
        return str(Money(rule.charge, rule.currency))
