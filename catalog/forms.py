"""What an address asks of the shelves: filters, order, and the place in it; and addresses that differ."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.http import QueryDict

from catalog.queries import SORTS, Filters

LONGEST_TEXT = 100
MOST_CATEGORIES = 50
_DEAREST = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class Ask:
    """An address of the shelves, read. What makes no sense in it is left out, as if nobody had asked."""

    text: str
    filters: Filters
    sort: str
    at: str
    given: QueryDict

    @property
    def narrowed(self) -> bool:
        """Is any filter on?"""
        return self.filters != Filters(categories=self.filters.categories) or "category" in self.given

    @property
    def price_from(self) -> str:
        """The lowest price as it stands in its field."""
        return _shown(self.filters.price_from)

    @property
    def price_to(self) -> str:
        """The highest price as it stands in its field."""
        return _shown(self.filters.price_to)

    def address(self, **changes: object) -> str:
        """The same query with these fields changed, from its first page; None takes a field out."""
        query = self.given.copy()
        for name, value in {"at": None, **changes}.items():
            query.pop(name, None)
            if value not in {None, ""}:
                query[name] = str(value)
        for name in [name for name, value in query.items() if not value]:
            del query[name]
        return f"?{query.urlencode()}"

    def without_category(self, slug: str) -> str:
        """The same query with one department fewer."""
        query = self.given.copy()
        query.setlist("category", [each for each in query.getlist("category") if each != slug])
        query.pop("at", None)
        return f"?{query.urlencode()}"


def ask(given: QueryDict, category: str = "") -> Ask:
    """Read an address. category: the department whose page this is."""
    price_from, price_to = (_pence(given.get(name, "")) for name in ("min", "max"))
    if price_from is not None and price_to is not None and price_from > price_to:
        price_from, price_to = price_to, price_from
    several = [each.replace("\0", "") for each in given.getlist("category")[:MOST_CATEGORIES]]
    chosen = (category,) if category else tuple(dict.fromkeys(filter(None, several)))
    sort = given.get("sort", "")
    return Ask(
        text=given.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT],
        filters=Filters(chosen, price_from, price_to, bool(given.get("stock")), bool(given.get("reduced"))),
        sort=sort if sort in SORTS else "",
        at=given.get("at", ""),
        given=given,
    )


def _pence(text: str) -> int | None:
    try:
        pounds = Decimal(text.strip().lstrip("£").replace(",", ""))
    except InvalidOperation:
        return None
    return int(pounds * 100) if pounds.is_finite() and 0 <= pounds < _DEAREST else None


def _shown(pence: int | None) -> str:
    if pence is None:
        return ""
    return f"{pence / 100:.2f}".removesuffix(".00")
