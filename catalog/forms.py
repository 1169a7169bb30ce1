"""What an address asks of the shelves: filters, order, and the place in it; and addresses that differ."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.http import QueryDict

from catalog.queries import SORTS, Filters

LONGEST_TEXT = 100
MOST_CHOICES = 50
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
        return self._query({"at": None, **changes})

    def without(self, name: str, value: str) -> str:
        """The same query with one choice fewer in a field that has several."""
        return self._query({"at": None, name: [one for one in self.given.getlist(name) if one != value]})

    def _query(self, changes: dict[str, object]) -> str:
        query = self.given.copy()
        for name, value in changes.items():
            query.setlist(name, value if isinstance(value, list) else [] if value is None else [str(value)])
        for name, values in query.lists():
            query.setlist(name, [value for value in values if value])
        return f"?{query.urlencode()}"


def ask(given: QueryDict, category: str = "") -> Ask:
    """Read an address. category: the department whose page this is."""
    price_from, price_to = (_pence(given.get(name, "")) for name in ("min", "max"))
    if price_from is not None and price_to is not None and price_from > price_to:
        price_from, price_to = price_to, price_from
    chosen = (category,) if category else _several(given, "category")
    traits = tuple(trait for trait in _several(given, "trait") if ":" in trait)
    sort = given.get("sort", "")
    return Ask(
        text=given.get("q", "").replace("\0", "").strip()[:LONGEST_TEXT],
        filters=Filters(
            chosen, price_from, price_to, bool(given.get("stock")), bool(given.get("reduced")), traits
        ),
        sort=sort if sort in SORTS else "",
        at=given.get("at", ""),
        given=given,
    )


def _several(given: QueryDict, name: str) -> tuple[str, ...]:
    values = (value.replace("\0", "") for value in given.getlist(name)[:MOST_CHOICES])
    return tuple(dict.fromkeys(filter(None, values)))


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
