"""Products as shoppers see them, folded from the log: a moment behind."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models import CatalogListingRow, Category, attributes_in
from eventbus import behind_seconds
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
    "was_amount",
    "reduced_at",
    "listed_at",
    "blend",
)
# "Was" stands beside a price for this long after it fell; then the price is simply what it costs.
REDUCED_FOR = timedelta(days=30)


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
    listed_at: datetime
    was: Money | None = None
    reduced_at: datetime | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def sold_out(self) -> bool:
        """Was nothing left to sell a moment ago?"""
        return self.available <= 0


@dataclass(frozen=True, slots=True)
class Shelfmark:
    """A category, as it is called and addressed."""

    slug: str
    name: str


_BEST_PICTURES = """
SELECT category.slug, best.picture FROM catalog_category AS category, LATERAL (
    SELECT picture FROM catalog_listing WHERE visible AND category_slug = category.slug
    ORDER BY sold_out, popularity * -1, name, sku LIMIT 1
) AS best
"""


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


def listed_until() -> datetime:
    """The moment up to which the listing shows everything: now, unless it has something left to read."""
    return timezone.now() - timedelta(seconds=behind_seconds("catalog.catalog_listing"))


def categories() -> list[Shelfmark]:
    """Every category in its order."""
    return [Shelfmark(*row) for row in Category.objects.values_list("slug", "name")]


def best_pictures() -> dict[str, str]:
    """For each category the picture of what sells best in it."""
    with connection.cursor() as cursor:
        cursor.execute(_BEST_PICTURES)
        return dict(cursor.fetchall())


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
    currency = listed.pop("currency")
    price, was = Money(listed.pop("price_amount"), currency), listed.pop("was_amount")
    lately = listed["reduced_at"] and timezone.now() - listed["reduced_at"] < REDUCED_FOR
    attributes = attributes_in(listed.pop("blend"))
    return Listing(**listed, price=price, was=Money(was, currency) if lately else None, attributes=attributes)
