"""What belongs to an account: its orders."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders import queries, services
from orders.api.answers import OrderLineSerializer, Receipt
from orders.api.reading import InstantField
from orders.api.receipts import status_url
from orders.models.transitions import STATES
from payments.api import MoneySerializer


class OwnQuery(serializers.Serializer[Any]):
    """Where to go on."""

    cursor = serializers.CharField(
        required=False,
        default="",
        max_length=20,
        allow_blank=True,
        help_text="`next_cursor` of the page before.",
    )


class OwnOrderSerializer(Receipt):
    """One of the account's orders; `status_url` tells all of it."""

    number = serializers.CharField()
    state = serializers.ChoiceField(choices=[(state, state) for state in STATES])
    placed_at = InstantField()
    lines = OrderLineSerializer(many=True)
    total = MoneySerializer()
    refunded = MoneySerializer()


class OwnPage(serializers.Serializer[Any]):
    """Orders, newest first; `next_cursor` is null on the last page."""

    items = OwnOrderSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class OwnOrders(APIView):
    """The orders of an account."""

    needs_account = True

    @extend_schema(operation_id="orders_list", parameters=[OwnQuery], responses=OwnPage)
    def get(self, request: Request) -> Response:
        """List the orders of whoever asks, newest first: true at this moment, and nobody else's."""
        asked = OwnQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        page = queries.orders_of(cast(int, request.user.pk), asked.validated_data["cursor"])
        items = [_shown(request, order) for order in page.orders]
        return Response(OwnPage({"items": items, "next_cursor": page.after or None}).data)


def _shown(request: Request, order: queries.OwnOrder) -> dict[str, Any]:
    token = services.order_token(order.order_id)
    members = ("number", "state", "placed_at", "lines", "total", "refunded")
    shown = {member: getattr(order, member) for member in members}
    return shown | {"order": token, "status_url": status_url(request, token)}
