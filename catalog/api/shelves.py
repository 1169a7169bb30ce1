"""What shoppers look at, over HTTP: `/api/v1/products/` and `/api/v1/categories/`."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import errors, queries
from payments.api import MoneySerializer

MOST_PER_PAGE, MOST_TRAITS = 100, 50


class ProductQuery(serializers.Serializer[Any]):
    """What to look for, in which order, and where to go on."""

    q = serializers.CharField(
        required=False, default="", max_length=100, allow_blank=True, help_text="Words, or how they begin."
    )
    category = serializers.SlugField(required=False, default="", max_length=50, allow_blank=True)
    price_from = serializers.IntegerField(
        required=False, min_value=0, max_value=2**53, help_text="In minor units, itself included."
    )
    price_to = serializers.IntegerField(
        required=False, min_value=0, max_value=2**53, help_text="In minor units, itself included."
    )
    in_stock = serializers.BooleanField(required=False, default=False, help_text="Only what is not sold out.")
    reduced = serializers.BooleanField(
        required=False, default=False, help_text="Only what costs less than it did a month ago."
    )
    trait = serializers.ListField(
        child=serializers.RegexField(r"^[^:\0]+:[^\0]+$", max_length=100),
        required=False,
        default=list,
        max_length=MOST_TRAITS,
        help_text="Values of attributes, such as colour:green; of several of one attribute, any.",
    )
    sort = serializers.ChoiceField(
        required=False,
        choices=[sort for sort in queries.SORTS if sort],
        help_text="Else: best match.",
    )
    cursor = serializers.CharField(
        required=False,
        default="",
        max_length=1000,
        allow_blank=True,
        help_text="`next_cursor` of the page before.",
    )
    limit = serializers.IntegerField(
        required=False, default=queries.PAGE_SIZE, min_value=1, max_value=MOST_PER_PAGE
    )


class ProductSerializer(serializers.Serializer[Any]):
    """A product as it was listed a moment ago; the order is placed at the price of that moment."""

    sku = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.CharField(source="category_slug")
    price = MoneySerializer()
    was = MoneySerializer(
        allow_null=True,
        help_text="The lowest price of the thirty days before it fell; null where it did not fall lately.",
    )
    picture = serializers.SerializerMethodField(help_text="Where it lies on this server; empty without one.")
    approximate_stock = serializers.IntegerField(source="available")
    units_sold = serializers.IntegerField()
    attributes = serializers.DictField(child=serializers.CharField(), help_text="Such as colour: green.")

    def get_picture(self, listed: queries.Listing) -> str:
        """An uploaded picture's address, or a static one's."""
        return queries.picture_url(listed.picture) if listed.picture else ""


class BandSerializer(serializers.Serializer[Any]):
    """A range of prices in minor units, both ends included; null: open."""

    price_from = serializers.IntegerField(allow_null=True)
    price_to = serializers.IntegerField(allow_null=True)
    products = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer[Any]):
    """How many products each choice would find, each facet counted as if its own filter were off."""

    categories = serializers.DictField(child=serializers.IntegerField(), help_text="By slug.")
    prices = BandSerializer(many=True, source="bands")
    in_stock = serializers.IntegerField()
    reduced = serializers.IntegerField()
    attributes = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="By name and value; empty where more than 2,000 products fit the other filters.",
    )


class ProductPage(serializers.Serializer[Any]):
    """One page of products; `next_cursor` is null on the last."""

    items = ProductSerializer(many=True)
    total = serializers.IntegerField()
    near_spelling = serializers.BooleanField(help_text="Nothing fits as written; these nearly do.")
    next_cursor = serializers.CharField(allow_null=True)
    facets = FacetsSerializer()


class CategorySerializer(serializers.Serializer[Any]):
    """A category, and how many products were listed in it a moment ago."""

    slug = serializers.CharField()
    name = serializers.CharField()
    products = serializers.IntegerField()


class Products(APIView):
    """What the shop sells."""

    projections = ("catalog.catalog_listing",)
    refusals: ClassVar[dict[str, tuple[type[Exception], ...]]] = {"get": (errors.UnknownCursor,)}

    @extend_schema(operation_id="products_list", parameters=[ProductQuery], responses=ProductPage)
    def get(self, request: Request) -> Response:
        """Find products by words and filters; a moment behind what is on the shelf."""
        wanted = ProductQuery(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        asked = wanted.validated_data
        filters = queries.Filters(
            categories=(asked["category"],) if asked["category"] else (),
            price_from=asked.get("price_from"),
            price_to=asked.get("price_to"),
            in_stock=asked["in_stock"],
            reduced=asked["reduced"],
            traits=tuple(asked["trait"]),
        )
        found = queries.shelf(
            asked["q"], filters, sort=asked.get("sort", ""), size=asked["limit"], at=asked["cursor"]
        )
        return Response(ProductPage(_members(found)).data)


class Product(APIView):
    """One product."""

    projections = ("catalog.catalog_listing",)

    @extend_schema(operation_id="products_read", responses=ProductSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Read one product, as it was listed a moment ago."""
        found = queries.listing(slug)
        if found is None:
            raise Http404
        return Response(ProductSerializer(found).data)


class Categories(APIView):
    """The shelves of the shop."""

    projections = ("catalog.catalog_listing",)

    @extend_schema(operation_id="categories_list", responses=CategorySerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the categories, in the shop's order."""
        return Response(CategorySerializer(queries.categories_with_counts(), many=True).data)


def _members(found: queries.Shelf) -> dict[str, Any]:
    return {
        "items": found.page.items,
        "total": found.facets.total,
        "near_spelling": found.page.near_spelling,
        "next_cursor": found.page.next_cursor or None,
        "facets": found.facets,
    }
