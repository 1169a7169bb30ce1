"""Facets: what else could be asked for, and how much would be found.

Each facet is counted as if its own filter were off, so that a shopper sees what another choice would find.
One statement counts cells, as many as there are combinations of department, price band and availability, and
blends, as many as there are combinations of attributes; adding them up is arithmetic.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from catalog.models import PRICE_BANDS


@dataclass(frozen=True, slots=True)
class Filters:
    """What a shopper has narrowed the shelves to; prices in minor units, both ends included.

    traits: values of attributes, such as "colour:green". Of those of one attribute a product needs any.
    """

    categories: tuple[str, ...] = ()
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False
    reduced: bool = False
    traits: tuple[str, ...] = ()

    @property
    def by_attribute(self) -> dict[str, list[str]]:
        """The traits that are asked for, by the attribute that they are values of."""
        wanted: dict[str, list[str]] = {}
        for trait in self.traits:
            wanted.setdefault(trait.partition(":")[0], []).append(trait)
        return wanted

    @property
    def has_prices(self) -> bool:
        """Is any price left out?"""
        return self.price_from is not None or self.price_to is not None

    @property
    def whole_bands(self) -> set[int]:
        """The price bands that are asked for from end to end, by their number."""
        return {band for band, asked in self._bands.items() if asked == _BANDS[band]}

    @property
    def cut_bands(self) -> list[tuple[int, int]]:
        """What is asked for of the bands, at most two, that a shopper's prices cut: both ends included."""
        return [asked for band, asked in self._bands.items() if asked != _BANDS[band]]

    @property
    def _bands(self) -> dict[int, tuple[int, int]]:
        low, high = self.values()["price_from"], self.values()["price_to"]
        asked = {band: (max(low, start), min(high, end)) for band, (start, end) in enumerate(_BANDS)}
        return {band: (start, end) for band, (start, end) in asked.items() if start <= end}

    def conditions(self) -> list[str]:
        """What a listed product has to fit; `values` holds what they name."""
        return [*self.plain_conditions(), *self.trait_conditions()]

    def trait_conditions(self) -> list[str]:
        """One condition for each attribute that is asked for."""
        return [f"traits && %(traits{n})s::text[]" for n in range(len(self.by_attribute))]

    def plain_conditions(self) -> list[str]:
        """The conditions of the other filters."""
        wanted = {
            "category_slug = ANY(%(categories)s)": bool(self.categories),
            "price_amount >= %(price_from)s": self.price_from is not None,
            "price_amount <= %(price_to)s": self.price_to is not None,
            "NOT sold_out": self.in_stock,
            REDUCED: self.reduced,
        }
        return [condition for condition, asked in wanted.items() if asked]

    def values(self) -> dict[str, Any]:
        """What the conditions and the count of the cells name."""
        return {
            "categories": list(self.categories),
            "price_from": self.price_from if self.price_from is not None else 0,
            "price_to": self.price_to if self.price_to is not None else MOST,
            **{f"traits{n}": wanted for n, wanted in enumerate(self.by_attribute.values())},
        }


class Cell(NamedTuple):
    """How many products stand at one combination; where there is a blend, it is a combination of attributes.

    Those in cells of `reduced` products, and of products `within` the prices asked for of a band that these
    cut, are counted in the other cells too.
    """

    category: str
    sold_out: bool
    band: int
    reduced: bool
    within: bool
    blend: str | None
    products: int


@dataclass(frozen=True, slots=True)
class Band:
    """A range of prices in minor units, both ends included; the last is open."""

    price_from: int | None
    price_to: int | None
    products: int


@dataclass(frozen=True, slots=True)
class Facets:
    """How many products each choice would find.

    unfiltered: without any filter but those of attributes. attributes: for each of them, its values from the
    most frequent to the rarest; empty where more than MOST_BLENDED products would have to be looked at.
    """

    total: int
    unfiltered: int
    categories: dict[str, int]
    bands: tuple[Band, ...]
    in_stock: int
    reduced: int
    attributes: dict[str, dict[str, int]]


# With more products than this nobody asks for a colour first, and a page would wait for the answer.
MOST_BLENDED = 2_000
MOST = 2**62
REDUCED = "was_amount IS NOT NULL AND reduced_at > %(reduced_since)s"
_WITHIN = "price_amount BETWEEN {} AND {}"
_BANDS = [*zip((0, *PRICE_BANDS), (*(bound - 1 for bound in PRICE_BANDS), MOST), strict=True)]
_COUNT = """
    SELECT category_slug AS category, sold_out, price_band AS band, {reduced} AS reduced, {within} AS within,
           NULL::text AS blend, count(*) AS products
    FROM {source} AND {conditions} GROUP BY category_slug, sold_out, price_band
"""
_BLENDS = """
    SELECT '', false, 0, false, false, blend, count(*) FROM (
        SELECT blend FROM {source} AND {conditions} AND blend > '' LIMIT {most}
    ) AS blended GROUP BY blend
"""


def count_cells(source: str, filters: Filters) -> str:
    """The statement that counts the cells of a source, such as "catalog_listing WHERE visible".

    A band that the prices asked for leave whole is counted already: only what they cut is read again.
    """
    fitting = " AND ".join((source, *filters.trait_conditions()))
    return "UNION ALL".join(
        _COUNT.format(source=fitting, reduced=reduced, within=within, conditions=conditions)
        for within, among in ((False, "true"), *((True, _WITHIN.format(*cut)) for cut in filters.cut_bands))
        for reduced, conditions in ((False, among), (True, f"{among} AND {REDUCED}"))
    )


def count_blends(source: str, filters: Filters) -> str:
    """The statement that counts the blends of a source; of more than MOST_BLENDED products those of some."""
    conditions = " AND ".join(("true", *filters.plain_conditions()))
    return _BLENDS.format(source=source, conditions=conditions, most=MOST_BLENDED + 1)


def facets_of(cells: Iterable[Cell], filters: Filters) -> Facets:
    """Add up the cells, for each facet without its own filter."""
    every, blends = [], {}
    for cell in cells:
        if cell.blend is None:
            every.append(cell)
        else:
            blends[cell.blend] = cell.products
    whole = filters.whole_bands
    priced = [cell for cell in every if cell.within or cell.band in whole]
    plain = [cell for cell in priced if cell.reduced == filters.reduced]
    shelf: _Test = (lambda cell: cell.category in filters.categories) if filters.categories else _any
    stock: _Test = _available if filters.in_stock else _any
    unpriced = [cell for cell in every if not cell.within and cell.reduced == filters.reduced]
    return Facets(
        total=_sum(plain, shelf, stock),
        unfiltered=_sum(cell for cell in every if not (cell.within or cell.reduced)),
        categories=_by_category(plain, stock),
        bands=_bands(unpriced, shelf, stock),
        in_stock=_sum(plain, shelf, _available),
        reduced=_sum([cell for cell in priced if cell.reduced], shelf, stock),
        attributes=_by_attribute(blends, filters) if sum(blends.values()) <= MOST_BLENDED else {},
    )


def _by_attribute(blends: dict[str, int], filters: Filters) -> dict[str, dict[str, int]]:
    wanted = {name: {*traits} for name, traits in filters.by_attribute.items()}
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for blend, products in blends.items():
        traits = blend.split("\n")
        missed = {name for name, fitting in wanted.items() if fitting.isdisjoint(traits)}
        for trait in traits:
            name, _, value = trait.partition(":")
            if not missed - {name}:
                counted[name][value] += products
    return {
        name: dict(sorted(counted[name].items(), key=lambda each: (-each[1], each[0])))
        for name in sorted(counted)
    }


_Test = Callable[[Cell], bool]


def _any(cell: Cell) -> bool:
    return True


def _available(cell: Cell) -> bool:
    return not cell.sold_out


def _sum(cells: Iterable[Cell], *tests: _Test) -> int:
    return sum(cell.products for cell in cells if all(test(cell) for test in tests))


def _by_category(cells: Iterable[Cell], stock: _Test) -> dict[str, int]:
    counted: dict[str, int] = {}
    for cell in filter(stock, cells):
        counted[cell.category] = counted.get(cell.category, 0) + cell.products
    return counted


def _bands(cells: Iterable[Cell], shelf: _Test, stock: _Test) -> tuple[Band, ...]:
    counted = [0] * (len(PRICE_BANDS) + 1)
    for cell in cells:
        if shelf(cell) and stock(cell):
            counted[cell.band] += cell.products
    starts, ends = (None, *PRICE_BANDS), (*(bound - 1 for bound in PRICE_BANDS), None)
    return tuple(Band(*band) for band in zip(starts, ends, counted, strict=True))
