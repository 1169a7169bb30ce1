"""Products as shoppers see them, folded from the log: a moment behind."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from catalog.models import CatalogListingRow, Category
from payments.money import Money

COLUMNS = (
    "sku",
    "name",
    "slug",
    "description",
    "category_slug",
    "category_name",
    "price_amount",
    "currency",
    "picture",
    "available",
    "units_sold",
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A product as shoppers see it; `available` and `units_sold` may be a moment behind."""

    sku: str
    name: str
    slug: str
    description: str
    category_slug: str
    category_name: str
    price: Money
    picture: str
    available: int
    units_sold: int

    @property
    def sold_out(self) -> bool:
        """Was nothing left to sell a moment ago?"""
        return self.available <= 0


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category, and how many products were listed in it a moment ago."""

    slug: str
    name: str
    products: int


def listing(slug: str) -> Listing | None:
    """The listed product at this address, as it was a moment ago."""
    return next(iter(_listed(slug=slug, visible=True)), None)


def listings_by_sku(skus: Iterable[str]) -> dict[str, Listing]:
    """Listings by SKU, withdrawn ones too, as they were a moment ago; unknown SKUs are left out."""
    return {found.sku: found for found in _listed(sku__in=list(skus)) if found.slug}


def categories_with_counts() -> list[CategoryCount]:
    """Every category in its order, with the number of products listed in it a moment ago."""
    listed = (
        CatalogListingRow.objects.filter(visible=True, category_slug=OuterRef("slug"))
        .order_by()
        .values("category_slug")
        .annotate(listed=Count("sku"))
        .values("listed")
    )
    rows = Category.objects.annotate(listed=Coalesce(Subquery(listed), 0)).values_list(
        "slug", "name", "listed"
    )
    return [CategoryCount(*row) for row in rows]


def _listed(**conditions: Any) -> list[Listing]:
    rows = CatalogListingRow.objects.filter(**conditions).values_list(*COLUMNS)
    return [as_listing(*row) for row in rows]


def as_listing(*columns: Any) -> Listing:
    """A row of COLUMNS as a listing."""
    listed = dict(zip(COLUMNS, columns, strict=True))
    price = Money(listed.pop("price_amount"), listed.pop("currency"))
    return Listing(**listed, price=price)
