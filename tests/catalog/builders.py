"""Catalogue entries: valid by default, a test says only what matters to it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from catalog import services
from catalog.events import AttributesChanged, ProductAdded
from catalog.models import CatalogListingRow, CatalogWordRow, trigrams_of, words_of
from catalog.projections import CatalogListing
from catalog.services import NewProduct
from eventbus import Envelope
from payments.money import Money

POUND = 100


def a_product(
    sku: str = "MUG",
    name: str = "Stoneware mug",
    *,
    category: str = "kitchen",
    pounds: int = 12,
    description: str = "Holds a good half pint.",
    **attributes: str,
) -> NewProduct:
    """A mug, unless the test says otherwise."""
    return NewProduct(
        sku=sku,
        name=name,
        category_slug=category,
        price=Money(pounds * POUND, "GBP"),
        description=description,
        picture=f"catalog/products/{sku.lower()}.svg",
        attributes=attributes,
    )


def offered(*products: NewProduct) -> Sequence[NewProduct]:
    """Offer these products, in categories that exist."""
    services.add_category(slug="kitchen", name="Kitchen", position=1)
    services.add_category(slug="garden", name="Garden", position=2)
    services.add_products(products)
    return products


def listed(*products: NewProduct, available: int = 20) -> None:
    """Put these products into the listing, as its own fold does, without the log."""
    rows = [_folded(product) for product in products]
    for row in rows:
        row.available = available
    CatalogListingRow.objects.bulk_create(rows)
    words = {word for row in rows for word in words_of(f"{row.name} {row.category_name}")}
    CatalogWordRow.objects.bulk_create(
        [CatalogWordRow(word=word, trigrams=trigrams_of(word)) for word in words], ignore_conflicts=True
    )


def _folded(product: NewProduct) -> CatalogListingRow:
    row = CatalogListingRow(sku=product.sku)
    event = ProductAdded(
        sku=product.sku,
        name=product.name,
        slug=product.sku.lower(),
        description=product.description,
        category_slug=product.category_slug,
        category_name=product.category_slug.title(),
        price=product.price,
        picture=product.picture,
    )
    CatalogListing().added(row, event, _envelope(event))
    CatalogListing().distinguished(row, AttributesChanged(sku=product.sku, attributes={**product.attributes}))
    return row


def _envelope(event: ProductAdded) -> Envelope:
    return Envelope(
        message=event,
        position=1,
        id=uuid4(),
        stream=event.stream,
        revision=None,
        correlation_id=uuid4(),
        causation_id=None,
        occurred_at=datetime(2026, 5, 1, tzinfo=UTC),
        headers={},
    )
