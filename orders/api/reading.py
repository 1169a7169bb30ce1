"""What a client may send, and nothing else: prices, states and owners are not among it."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

from orders.events import Address, CustomerSnapshot, ReturnLine
from orders.forms.addresses import NO_POSTCODE, POSTCODE
from payments.api import MoneySerializer


class InstantField(serializers.DateTimeField):
    """A moment, told in UTC; one that is sent without its zone is taken for UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)


class Pieces(serializers.Serializer[Any]):
    """So many of an article."""

    sku = serializers.CharField(max_length=40)
    quantity = serializers.IntegerField()


class NewLine(Pieces):
    """So many of an article, on top of those already in the cart."""

    quantity = serializers.IntegerField(default=1)


class Quantity(serializers.Serializer[Any]):
    """How many of an article the cart is to hold; 0 takes it out."""

    quantity = serializers.IntegerField()


class CustomerSerializer(serializers.Serializer[Any]):
    """Who buys, and where to write to."""

    name = serializers.CharField(max_length=120)
    email = serializers.EmailField(max_length=254)

    def to_internal_value(self, data: Any) -> CustomerSnapshot:
        """The buyer, as orders keeps them."""
        return CustomerSnapshot(**super().to_internal_value(data))


class AddressSerializer(serializers.Serializer[Any]):
    """Where the parcel goes."""

    line1 = serializers.CharField(max_length=120)
    line2 = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    city = serializers.CharField(max_length=120)
    postcode = serializers.RegexField(POSTCODE, error_messages={"invalid": NO_POSTCODE})
    country = serializers.CharField(max_length=60, required=False, default="United Kingdom")

    def to_internal_value(self, data: Any) -> Address:
        """The address, as orders keeps it."""
        parts = super().to_internal_value(data)
        return Address(**parts | {"postcode": parts["postcode"].upper()})


class Checkout(serializers.Serializer[Any]):
    """Who buys, where it goes, what pays, and the total that was agreed to."""

    customer = CustomerSerializer()
    address = AddressSerializer()
    card_token = serializers.CharField(
        max_length=64, help_text="The card processor's token, such as tok_visa; never a card's number."
    )
    expected_total = MoneySerializer(help_text="`total` of the cart; another one by now is refused.")


class AnotherCard(serializers.Serializer[Any]):
    """The card to try instead."""

    card_token = serializers.CharField(max_length=64)


class Cancellation(serializers.Serializer[Any]):
    """Why: of an order that is not wanted any more, or of goods that are not taken back."""

    reason = serializers.CharField(max_length=200)


class NewReturn(serializers.Serializer[Any]):
    """What is to come back, and why."""

    lines = Pieces(many=True, allow_empty=False)
    reason = serializers.CharField(max_length=200)

    def validate_lines(self, lines: list[dict[str, Any]]) -> tuple[ReturnLine, ...]:
        """The lines, as orders keeps them."""
        return tuple(ReturnLine(**line) for line in lines)


class Arrival(serializers.Serializer[Any]):
    """What arrived, and what of it can be sold again."""

    lines = Pieces(many=True, allow_empty=False)
    restock = Pieces(many=True)

    def to_internal_value(self, data: Any) -> dict[str, tuple[ReturnLine, ...]]:
        """The lines, as orders keeps them."""
        sent = super().to_internal_value(data)
        return {name: tuple(ReturnLine(**line) for line in lines) for name, lines in sent.items()}


class NewRefund(serializers.Serializer[Any]):
    """Money back without goods: for lines at their price, or any sum; one of the two."""

    lines = Pieces(many=True, required=False)
    amount = MoneySerializer(required=False)
    reason = serializers.CharField(max_length=200)

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of them."""
        lines = tuple(ReturnLine(**line) for line in sent.get("lines", ()))
        if bool(lines) == ("amount" in sent):
            raise serializers.ValidationError("Please give either lines or an amount.")
        return sent | {"lines": lines}


class Moment(serializers.Serializer[Any]):
    """Up to which moment."""

    as_of = InstantField(
        required=False, default=None, help_text="Up to and including this moment; without it, until now."
    )
