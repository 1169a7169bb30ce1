"""What shoppers browse and search, folded from the facts of catalog and inventory."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from catalog.events import (
    AttributesChanged,
    PriceChanged,
    ProductAdded,
    ProductDescribed,
    ProductMoved,
    ProductRelisted,
    ProductWithdrawn,
)
from catalog.models import CatalogListingRow, CatalogWordRow, blend_of, trigrams_of, words_of
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
from payments.money import Money

WAS_WINDOW = timedelta(days=30)
SHORTEST_WAS = timedelta(days=7)


class CatalogListing(Projection, name="catalog.catalog_listing", version=2):
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
        _price(row, event.price, envelope.occurred_at)
        _describe(row, event)

    @on
    def described(self, row: CatalogListingRow, event: ProductDescribed) -> None:
        """Show the new words and picture."""
        _describe(row, event)

    @on
    def moved(self, row: CatalogListingRow, event: ProductMoved) -> None:
        """Show the product in its category."""
        row.category_slug, row.category_name = event.category_slug, event.category_name

    @on
    def distinguished(self, row: CatalogListingRow, event: AttributesChanged) -> None:
        """Count the product among those of its attributes."""
        row.blend = blend_of(event.attributes)

    @on
    def priced(self, row: CatalogListingRow, event: PriceChanged, envelope: Envelope) -> None:
        """Show the new price, and what it honestly was where it fell."""
        _price(row, event.price, envelope.occurred_at)

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


class CatalogWords(Projection, name="catalog.catalog_words", version=1):
    """The words that products and their categories are called by, to be found by near spellings."""

    row = CatalogWordRow

    def keys(self, event: ProductAdded | ProductDescribed | ProductMoved) -> Iterable[str]:
        """Each word once."""
        texts = (getattr(event, name, "") for name in ("name", "category_name"))
        return dict.fromkeys(words_of(" ".join(texts)))

    @on
    def called(self, row: CatalogWordRow, event: ProductAdded | ProductDescribed | ProductMoved) -> None:
        """Take a word up; one that no product bears any more finds nothing, and does no harm."""
        row.trigrams = trigrams_of(row.word)


def _describe(row: CatalogListingRow, event: ProductAdded | ProductDescribed) -> None:
    row.name, row.description, row.picture = event.name, event.description, event.picture


def _price(row: CatalogListingRow, price: Money, at: datetime) -> None:
    """Note a price. Where it falls, "was" is the lowest of the month before: no rise makes a bargain."""
    known = _recent(row.prices, at) if price.currency == row.currency else []
    asked_for = at - datetime.fromisoformat(known[0][0]) if known else timedelta()
    lowest = min((amount for _, amount in known), default=0)
    fell = asked_for >= SHORTEST_WAS and lowest > price.amount
    row.was_amount, row.reduced_at = (lowest, at) if fell else (None, None)
    row.prices = [*known, [at.isoformat(), price.amount]]
    row.price_amount, row.currency = price.amount, price.currency


def _recent(prices: list[list[Any]], at: datetime) -> list[list[Any]]:
    """The prices that were asked within the month before, the one it began with among them."""
    begun = [n for n, (since, _) in enumerate(prices) if at - datetime.fromisoformat(since) >= WAS_WINDOW]
    return prices[begun[-1] :] if begun else prices


def _quantity(row: CatalogListingRow, lines: tuple[StockLine, ...]) -> int:
    return next(line.quantity for line in lines if line.sku == row.sku)
