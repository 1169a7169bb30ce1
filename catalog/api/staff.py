"""What staff change in the catalogue, over HTTP: `/api/v1/staff/products/`."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import errors, queries, services
from catalog.services.holding import product_to_change
from payments.api import MoneySerializer
from payments.money import Money

Refusals = dict[str, tuple[type[Exception], ...]]


class ProductMoved(APIException):
    """The product is not what its ETag says any more: read it again."""

    status_code, default_code = 412, "precondition_failed"
    default_detail = "Somebody has changed this product since you looked at it. Please look again."


class DescriptionSerializer(serializers.Serializer[Any]):
    """What a product is called, and what is said of it."""

    name = serializers.CharField(max_length=queries.LONGEST_NAME)
    description = serializers.CharField(allow_blank=True, max_length=5000)


class PlaceSerializer(serializers.Serializer[Any]):
    """The category that a product stands in, by its slug."""

    category = serializers.SlugField(max_length=50)


class AttributesSerializer(serializers.Serializer[Any]):
    """All that tells a product apart, such as `{"colour": "green"}`."""

    attributes = serializers.DictField(child=serializers.CharField())


class RecordSerializer(serializers.Serializer[Any]):
    """A product as it is now, offered or not."""

    sku = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.CharField(source="category_slug")
    price = MoneySerializer()
    attributes = serializers.DictField(child=serializers.CharField())
    offered = serializers.BooleanField(source="is_published")


class NewProductSerializer(serializers.Serializer[Any]):
    """A product to be offered from here on, at this price."""

    sku = serializers.RegexField(
        r"^[!-.0-~ ]{1,40}$", max_length=40, help_text="What stock is counted under."
    )
    name = serializers.CharField(max_length=queries.LONGEST_NAME)
    category = serializers.SlugField(max_length=50, source="category_slug")
    price = MoneySerializer()
    description = serializers.CharField(required=False, default="", allow_blank=True, max_length=5000)
    attributes = serializers.DictField(child=serializers.CharField(), required=False, default=dict)

    def validate_price(self, price: Money) -> Money:
        """At least nothing."""
        if price.amount < 0:
            raise serializers.ValidationError("A price cannot be below nothing.")
        return price


class Added(serializers.Serializer[Any]):
    """The product that was added."""

    sku = serializers.CharField()


class StaffProducts(APIView):
    """What there is to sell."""

    needs_permission = "catalog.add_product"
    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {
        "post": (errors.SkuTaken, errors.UnknownCategory, errors.InvalidAttributes)
    }

    @extend_schema(operation_id="staff_products_add", request=NewProductSerializer, responses={201: Added})
    def post(self, request: Request) -> Response:
        """Offer a new product; it can be bought as soon as there is stock of it."""
        sent = NewProductSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        services.add_product(product=services.NewProduct(**sent.validated_data))
        return Response(Added({"sku": sent.validated_data["sku"]}).data, 201)


class StaffProduct(APIView):
    """One product, as staff keep it."""

    needs_permission = "catalog.view_product"
    refusals: ClassVar[Refusals] = {"get": (errors.UnknownProduct,)}

    @extend_schema(operation_id="staff_products_read", responses=RecordSerializer)
    def get(self, request: Request, sku: str) -> Response:
        """Read a product as it is now. Its ETag stands for all of it."""
        return _told(sku)


class Description(APIView):
    """What a product is called."""

    needs_permission = "catalog.change_product"
    refusals: ClassVar[Refusals] = {"put": (errors.UnknownProduct, ProductMoved)}

    @extend_schema(
        operation_id="staff_products_describe", request=DescriptionSerializer, responses=RecordSerializer
    )
    def put(self, request: Request, sku: str) -> Response:
        """Call and describe a product anew; its address and its pictures stay."""
        sent = DescriptionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        _changed(request, sku, lambda: services.describe_product(sku=sku, **sent.validated_data))
        return _told(sku)


class Place(APIView):
    """Where a product stands."""

    needs_permission = "catalog.change_product"
    refusals: ClassVar[Refusals] = {"put": (errors.UnknownProduct, errors.UnknownCategory, ProductMoved)}

    @extend_schema(operation_id="staff_products_move", request=PlaceSerializer, responses=RecordSerializer)
    def put(self, request: Request, sku: str) -> Response:
        """Put a product into another category; harmless where it is in it already."""
        sent = PlaceSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        slug = sent.validated_data["category"]
        _changed(request, sku, lambda: services.move_product(sku=sku, category_slug=slug))
        return _told(sku)


class Attributes(APIView):
    """What tells a product apart."""

    needs_permission = "catalog.change_product"
    refusals: ClassVar[Refusals] = {"put": (errors.UnknownProduct, errors.InvalidAttributes, ProductMoved)}

    @extend_schema(
        operation_id="staff_products_distinguish", request=AttributesSerializer, responses=RecordSerializer
    )
    def put(self, request: Request, sku: str) -> Response:
        """Give a product these attributes and no others; they are kept in lower case."""
        sent = AttributesSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        _changed(request, sku, lambda: services.change_attributes(sku=sku, **sent.validated_data))
        return _told(sku)


class Price(APIView):
    """What a product costs."""

    needs_permission = "catalog.change_product"
    refusals: ClassVar[Refusals] = {"put": (errors.UnknownProduct, errors.InvalidPrice, ProductMoved)}

    @extend_schema(operation_id="staff_products_price", request=MoneySerializer, responses=MoneySerializer)
    def put(self, request: Request, sku: str) -> Response:
        """Ask another price from here on; shelves and carts show it in a moment, orders at once."""
        sent = MoneySerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        price, who = sent.validated_data, request.user.get_username()
        _changed(request, sku, lambda: services.change_price(sku=sku, price=price, by=who))
        return Response(MoneySerializer(price).data, headers=_tag(sku))


class Offer(serializers.Serializer[Any]):
    """Whether a product is to be sold."""

    offered = serializers.BooleanField()


class Offering(APIView):
    """Whether a product is sold."""

    needs_permission = "catalog.change_product"
    refusals: ClassVar[Refusals] = {"put": (errors.UnknownProduct, ProductMoved)}

    @extend_schema(operation_id="staff_products_offer", request=Offer, responses=Offer)
    def put(self, request: Request, sku: str) -> Response:
        """Offer a product, or withdraw it; harmless where it is so already."""
        sent = Offer(data=request.data)
        sent.is_valid(raise_exception=True)
        change = services.relist_product if sent.validated_data["offered"] else services.withdraw_product
        _changed(request, sku, lambda: change(sku=sku))
        return Response(Offer(sent.validated_data).data, headers=_tag(sku))


@transaction.atomic
def _changed(request: Request, sku: str, change: Callable[[], None]) -> None:
    """With If-Match, a product is changed only as it was seen; it is locked until the change is made."""
    product_to_change(sku)
    wanted = [tag.strip() for tag in request.headers.get("If-Match", "*").split(",")]
    if "*" not in wanted and _tag(sku)["ETag"] not in wanted:
        raise ProductMoved
    change()


def _told(sku: str) -> Response:
    return Response(RecordSerializer(_record(sku)).data, headers=_tag(sku))


def _tag(sku: str) -> dict[str, str]:
    return {"ETag": f'"{_record(sku).seen}"'}


def _record(sku: str) -> queries.ProductRecord:
    try:
        return queries.product_records([sku])[sku]
    except KeyError:
        raise errors.UnknownProduct(sku) from None
