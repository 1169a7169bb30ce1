"""The orders that products are listed in, and cursors: places in them from which a page goes on.

Every order runs in one direction over all its keys, so that Postgres finds a place in the index of that order
by comparing rows, however deep it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing

from catalog.errors import UnknownCursor

_SALT = "catalog.cursor"
_POPULAR = "popularity * -1"


@dataclass(frozen=True, slots=True)
class Order:
    """What products are sorted by; `down`: from the last to the first."""

    name: str
    keys: tuple[str, ...]
    down: bool = False

    def sql(self, *, backwards: bool) -> str:
        """What stands behind ORDER BY."""
        direction = " DESC" if self.down != backwards else ""
        return ", ".join(f"{key}{direction}" for key in self.keys)

    def beyond(self, place: "Place") -> tuple[str, dict[str, Any]]:
        """The condition that a product stands behind the place, and its values."""
        values = {f"place{n}": value for n, value in enumerate(place.values)}
        names = ", ".join(f"%({name})s" for name in values)
        comparison = "<" if self.down != place.backwards else ">"
        return f"({', '.join(self.keys)}) {comparison} ({names})", values


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins; `backwards`: where it ends, for those who page back."""

    values: tuple[Any, ...] = ()
    backwards: bool = False


START = Place()
SORTS = {
    "": Order("best", ("sold_out", _POPULAR, "name", "sku")),
    "popular": Order("popular", ("sold_out", _POPULAR, "name", "sku")),
    "price": Order("price", ("price_amount", "name", "sku")),
    "-price": Order("-price", ("price_amount", "name", "sku"), down=True),
    "name": Order("name", ("name", "sku")),
    "newest": Order("newest", ("listed_at", "sku"), down=True),
}
BEST_MATCH = Order("match", ("sold_out", "-score", _POPULAR, "name", "sku"))


def order_of(sort: str, *, text: bool) -> Order:
    """The order of this name; what nobody knows is the usual one: best match, or what sells."""
    order = SORTS.get(sort, SORTS[""])
    return BEST_MATCH if text and order is SORTS[""] else order


def cursor(order: Order, place: Iterable[Any], *, backwards: bool = False) -> str:
    """A place as it stands in an address: nobody can make one up."""
    told = [value.isoformat() if isinstance(value, datetime) else value for value in place]
    return signing.dumps([order.name, backwards, *told], salt=_SALT)


def place_of(told: str, order: Order) -> Place:
    """The place that a cursor stands for; raises UnknownCursor for one that is of another order."""
    if not told:
        return START
    try:
        of_order, backwards, *values = signing.loads(told, salt=_SALT)
    except (signing.BadSignature, ValueError):
        raise UnknownCursor(told) from None
    if of_order != order.name:
        raise UnknownCursor(told)
    return Place(tuple(values), backwards)
