"""Money, as the API of every room writes and reads it."""

from typing import Any

from rest_framework import serializers

from payments.money import Money
from payments.services import MAX_AMOUNT


class MoneySerializer(serializers.Serializer[Any]):
    """An exact amount in minor units (pence, cents), and its currency."""

    amount = serializers.IntegerField(
        min_value=-MAX_AMOUNT, max_value=MAX_AMOUNT, help_text="In minor units: 1250 is 12.50."
    )
    currency = serializers.RegexField("^[A-Z]{3}$", help_text="ISO 4217, such as GBP.")

    def to_internal_value(self, data: Any) -> Money:
        """The amount as the rooms know it."""
        return Money(**super().to_internal_value(data))
