"""What shoppers browse and search, folded from the facts of catalog and inventory."""

from collections.abc import Iterable

from catalog.events import (
    PriceChanged,
    ProductAdded,
    ProductDescribed,
    ProductMoved,
    ProductRelisted,
    ProductWithdrawn,
)
from catalog.models import CatalogListingRow, trigrams_of, words_of
from eventbus import Envelope, Event, Projection, on
from inventory.events import (
    StockAdjusted,
    StockExpired,
    StockLine,
    StockReceived,
    StockReleased,
    StockReserved,
    StockReturned,
    StockShipped,
)


class CatalogListing(Projection, name="catalog.catalog_listing", version=1):
    """One row per SKU: what it is, what it costs, how many are free, how many were sold."""

    row = CatalogListingRow

    def keys(self, event: Event) -> Iterable[str]:
        """The SKUs that an event is about: one for a product, many for an order's stock."""
        lines: tuple[StockLine, ...] | None = getattr(event, "lines", None)
        return (event.sku,) if lines is None else (line.sku for line in lines)  # type: ignore[attr-defined]

    @on
    def added(self, row: CatalogListingRow, event: ProductAdded, envelope: Envelope) -> None:
        """Offer a product."""
        row.slug, row.listed_at, row.visible = event.slug, envelope.occurred_at, True
        row.category_slug, row.category_name = event.category_slug, event.category_name
        row.price_amount, row.currency = event.price.amount, event.price.currency
        _describe(row, event)

    @on
    def described(self, row: CatalogListingRow, event: ProductDescribed) -> None:
        """Show the new words and picture."""
        _describe(row, event)

    @on
    def moved(self, row: CatalogListingRow, event: ProductMoved) -> None:
        """Show the product in its category."""
        row.category_slug, row.category_name = event.category_slug, event.category_name
        _spell(row)

    @on
    def priced(self, row: CatalogListingRow, event: PriceChanged) -> None:
        """Show the new price."""
        row.price_amount, row.currency = event.price.amount, event.price.currency

    @on
    def withdrawn(self, row: CatalogListingRow, event: ProductWithdrawn) -> None:
        """Take the product out of sight."""
        row.visible = False

    @on
    def relisted(self, row: CatalogListingRow, event: ProductRelisted) -> None:
        """Bring the product back into sight."""
        row.visible = True

    @on
    def received(self, row: CatalogListingRow, event: StockReceived | StockAdjusted) -> None:
        """Count what came in, or was put right."""
        row.available += event.quantity

    @on
    def freed(self, row: CatalogListingRow, event: StockReleased | StockExpired | StockReturned) -> None:
        """Count what is free to sell again."""
        row.available += _quantity(row, event.lines)

    @on
    def reserved(self, row: CatalogListingRow, event: StockReserved) -> None:
        """Count off what is promised to somebody."""
        row.available -= _quantity(row, event.lines)

    @on
    def sold(self, row: CatalogListingRow, event: StockShipped) -> None:
        """Count what went out; it was counted off the free units when it was reserved."""
        row.units_sold += _quantity(row, event.lines)


def _describe(row: CatalogListingRow, event: ProductAdded | ProductDescribed) -> None:
    row.name, row.description, row.picture = event.name, event.description, event.picture
    _spell(row)


def _spell(row: CatalogListingRow) -> None:
    row.words = sorted(set(words_of(f"{row.name} {row.category_name}")))
    row.trigrams = trigrams_of(" ".join(row.words))


def _quantity(row: CatalogListingRow, lines: tuple[StockLine, ...]) -> int:
    return next(line.quantity for line in lines if line.sku == row.sku)
