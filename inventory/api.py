"""Stock over HTTP, for staff: `/api/v1/staff/stock/`."""

from typing import Any, ClassVar

from django.urls import re_path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory import errors, queries, services

_SKU = r"^staff/stock/(?P<sku>[!-.0-~ ]{1,64})"
_REFUSED = (errors.InvalidReason, errors.InvalidSku, errors.InvalidQuantity, errors.TooManyUnits)


class Movement(serializers.Serializer[Any]):
    """So many units, and why they move."""

    quantity = serializers.IntegerField()
    reason = serializers.CharField(max_length=1000, allow_blank=True)


class Level(serializers.Serializer[Any]):
    """The counters of one SKU, as they are now; those never stocked are 0."""

    sku = serializers.CharField()
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    available = serializers.IntegerField()


class Stock(APIView):
    """The stock of one SKU."""

    needs_permission = "inventory.view_stockitem"

    @extend_schema(operation_id="staff_stock_read", responses=Level)
    def get(self, request: Request, sku: str) -> Response:
        """Read the counters of a SKU."""
        return Response(_level(sku))


class Deliveries(APIView):
    """Goods that arrive."""

    needs_permission = "inventory.change_stockitem"
    needs_idempotency_key = True
    refusals: ClassVar[dict[str, tuple[type[Exception], ...]]] = {"post": _REFUSED}

    @extend_schema(operation_id="staff_stock_receive", request=Movement, responses={200: Level})
    def post(self, request: Request, sku: str) -> Response:
        """Put units on the shelf; a new SKU is taken up."""
        sent = Movement(data=request.data)
        sent.is_valid(raise_exception=True)
        services.receive_stock(sku=sku, **sent.validated_data)
        return Response(_level(sku))


class Corrections(APIView):
    """Counts that are put right."""

    needs_permission = "inventory.change_stockitem"
    needs_idempotency_key = True
    refusals: ClassVar[dict[str, tuple[type[Exception], ...]]] = {"post": (*_REFUSED, errors.OutOfStock)}

    @extend_schema(operation_id="staff_stock_adjust", request=Movement, responses={200: Level})
    def post(self, request: Request, sku: str) -> Response:
        """Put a count right, up or down; what is reserved cannot be counted away."""
        sent = Movement(data=request.data)
        sent.is_valid(raise_exception=True)
        services.adjust_stock(sku=sku, **sent.validated_data)
        return Response(_level(sku))


def _level(sku: str) -> dict[str, Any]:
    level = queries.stock_of([sku])[sku]
    counters = {"on_hand": level.on_hand, "reserved": level.reserved, "available": level.available}
    return dict(Level({"sku": sku, **counters}).data)


urlpatterns = [
    re_path(_SKU + "/$", Stock.as_view(), name="api-staff-stock"),
    re_path(_SKU + "/deliveries/$", Deliveries.as_view(), name="api-staff-deliveries"),
    re_path(_SKU + "/corrections/$", Corrections.as_view(), name="api-staff-corrections"),
]
