"""What a client is told of carts and orders."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from orders import services
from orders.api.reading import AddressSerializer, CustomerSerializer, InstantField
from orders.models.transitions import STATES
from orders.queries import CartView
from payments.api import MoneySerializer


class CartLineSerializer(serializers.Serializer[Any]):
    """One line of a cart at today's price, with notes on what has changed since it was picked."""

    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneySerializer()
    total = MoneySerializer()
    approximate_stock = serializers.IntegerField(source="available")
    for_sale = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())


class CartSerializer(serializers.Serializer[Any]):
    """A cart at today's prices; all amounts include their tax."""

    id = serializers.UUIDField(source="cart_id")
    lines = CartLineSerializer(many=True)
    units = serializers.IntegerField()
    subtotal = MoneySerializer()
    shipping_name = serializers.CharField(source="sums.shipping_name")
    shipping = MoneySerializer()
    tax = MoneySerializer(source="sums.tax", allow_null=True)
    total = MoneySerializer()
    can_order = serializers.BooleanField()
    refusal = serializers.CharField(help_text="Why it cannot be delivered, if it cannot.")
    order_url = serializers.SerializerMethodField(help_text="The order that it has become.")

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_order_url(self, cart: CartView) -> str | None:
        """Null until it is ordered."""
        if cart.order_id is None:
            return None
        token = services.order_token(cart.order_id)
        return reverse("api-order", args=[token], request=self.context["request"])


class Receipt(serializers.Serializer[Any]):
    """The request was taken; `status_url` shows what becomes of it."""

    order = serializers.CharField(help_text="The order's token: whoever has it may see and steer it.")
    status_url = serializers.URLField()


class OrderLineSerializer(serializers.Serializer[Any]):
    """One line, as it was agreed to."""

    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneySerializer()
    total = MoneySerializer()
    tax = MoneySerializer(allow_null=True)


class StepSerializer(serializers.Serializer[Any]):
    """One step towards the parcel."""

    key = serializers.CharField()
    state = serializers.CharField(
        help_text="done, current, waiting, asking, failed, undoing, undone, skipped, delivered or returned"
    )
    sentence = serializers.CharField()


class ParcelMoveSerializer(serializers.Serializer[Any]):
    """One time the parcel was seen."""

    status = serializers.CharField()
    sentence = serializers.CharField()
    place = serializers.CharField()
    seen_at = InstantField()


class ReturnableSerializer(serializers.Serializer[Any]):
    """So many pieces of an article."""

    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField(source="left")


class ReturnSerializer(serializers.Serializer[Any]):
    """Goods on their way back: requested, received or refused; `refund` is owed for them."""

    id = serializers.UUIDField(source="return_id")
    state = serializers.CharField()
    pieces = ReturnableSerializer(many=True)
    refund = MoneySerializer(allow_null=True)


class RefundSerializer(serializers.Serializer[Any]):
    """Money on its way back: requested, done or failed."""

    id = serializers.UUIDField(source="refund_id")
    amount = MoneySerializer()
    state = serializers.CharField()
    requested_at = InstantField()


class ChoicesSerializer(serializers.Serializer[Any]):
    """What the shopper can do about their order now."""

    challenge_url = serializers.CharField(help_text="Where the bank wants to see the shopper; or empty.")
    another_card = serializers.BooleanField()
    cancel = serializers.BooleanField()
    returnable = ReturnableSerializer(many=True)


class OrderSerializer(serializers.Serializer[Any]):
    """An order, true at this moment; it may still change by itself while `live`."""

    number = serializers.CharField()
    state = serializers.ChoiceField(choices=[(state, state) for state in STATES])
    headline = serializers.CharField()
    message = serializers.CharField()
    finished = serializers.BooleanField(help_text="Whether the checkout has come to its end.")
    live = serializers.BooleanField()
    cancelling = serializers.BooleanField()
    choices = ChoicesSerializer()
    steps = StepSerializer(many=True)
    parcel = ParcelMoveSerializer(many=True)
    returns = ReturnSerializer(many=True)
    refunds = RefundSerializer(many=True)
    customer = CustomerSerializer()
    address = AddressSerializer(allow_null=True)
    lines = OrderLineSerializer(many=True)
    shipping_name = serializers.CharField()
    shipping = MoneySerializer()
    tax = MoneySerializer(allow_null=True)
    total = MoneySerializer()
    tracking_number = serializers.CharField()
    placed_at = InstantField()


class EventSerializer(serializers.Serializer[Any]):
    """Something that happened to the order."""

    revision = serializers.IntegerField()
    at = InstantField()
    event = serializers.CharField()


class Story(serializers.Serializer[Any]):
    """What had happened to the order by then, and its state then; null before it was placed."""

    as_of = InstantField(allow_null=True)
    state = serializers.ChoiceField(choices=[(state, state) for state in STATES], allow_null=True)
    events = EventSerializer(many=True)


class NewReturnSerializer(serializers.Serializer[Any]):
    """The return, as it was announced."""

    id = serializers.UUIDField()
    status_url = serializers.URLField()
