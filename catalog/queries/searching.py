"""The shelves: what fits the words and the filters, in any order, a page at a time.

Without words a page is read off the index of its order. With words, what fits them is found once, ranked, and
counted for the facets in the same statement. Where nothing fits as written, the words that products are known
by are compared with those that were typed, and the nearest are taken for what was meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils import timezone

from catalog.models import trigrams_of, words_of
from catalog.queries.facets import (
    MOST_BLENDED,
    Cell,
    Facets,
    Filters,
    count_blends,
    count_cells,
    facets_of,
)
from catalog.queries.listings import COLUMNS, REDUCED_FOR, Listing, as_listing
from catalog.queries.ordering import BEST_MATCH, Order, Place, cursor, order_of, place_of

PAGE_SIZE = 24
MAX_WORDS = 8
STOP_WORDS = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "the", "to", "with")
)
# How alike a known word must be to one that was typed, and how near to the most alike of all.
ALIKE = 0.25
RIVALS = 0.8
EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what was found; `near_spelling`: nothing matched as written, these nearly do.

    The cursors stand for the pages around it, and are empty where there is none.
    """

    items: tuple[Listing, ...]
    near_spelling: bool = False
    previous_cursor: str = ""
    next_cursor: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page, and how much each other choice would find."""

    page: Page
    facets: Facets


# Where products are counted: among all that are listed, or among those that were found by words.
_LISTING, _FITTING = "catalog_listing WHERE visible", "found WHERE true"
_LISTED = """
SELECT false AS near, {columns}, {keys} FROM catalog_listing
WHERE {conditions} ORDER BY {order} LIMIT %(size)s + 1
"""
# The limits keep the planner's guesses, and so its plan, small.
_FOUND = """
WITH exact AS MATERIALIZED (
    SELECT {slim}, {rank}::float AS score FROM catalog_listing
    WHERE visible AND search @@ ({fits})
), typed AS MATERIALIZED (
    SELECT word, {pieces} AS pieces FROM unnest(%(words)s::text[]) AS word
), known AS MATERIALIZED (
    SELECT word, trigrams AS pieces FROM catalog_words
    WHERE trigrams && %(grams)s::varchar[] AND NOT EXISTS (SELECT FROM exact)
), compared AS MATERIALIZED (
    SELECT typed.word AS typed, known.word AS known,
           cardinality(typed.pieces) + cardinality(known.pieces) AS pieces,
           (SELECT count(*) FROM unnest(typed.pieces) AS piece WHERE piece = ANY (known.pieces)) AS common
    FROM typed, known WHERE typed.pieces && known.pieces
), alike AS MATERIALIZED (
    SELECT typed, known FROM (
        SELECT typed, known, common / (pieces - common)::float AS likeness,
               max(common / (pieces - common)::float) OVER (PARTITION BY typed) AS best
        FROM compared
    ) AS ranked
    WHERE likeness >= {alike} AND likeness >= best * {rivals} ORDER BY likeness DESC LIMIT 50
), meant AS MATERIALIZED (
    SELECT to_tsquery('english', string_agg(choices, ' & ')) AS query
    FROM (SELECT '(' || string_agg(known, ' | ') || ')' AS choices FROM alike GROUP BY typed) AS word_by_word
    HAVING count(*) = cardinality(%(words)s::text[])
), near AS MATERIALIZED (
    SELECT {slim}, {near_rank}::float AS score FROM catalog_listing, meant
    WHERE visible AND search @@ meant.query
), found AS NOT MATERIALIZED (
    SELECT *, false AS near FROM exact UNION ALL SELECT *, true FROM near
), page AS MATERIALIZED (
    SELECT near, sku, {keys} FROM found WHERE {conditions} ORDER BY {order} LIMIT %(size)s + 1
), cells AS MATERIALIZED ({cells})
SELECT CASE WHEN row_number() OVER (ORDER BY {page_order}) = 1
            THEN (SELECT json_agg(json_build_array({cell})) FROM cells) END AS cells,
       shown.* FROM (SELECT) AS once
LEFT JOIN (SELECT near, {columns}, {page_keys} FROM page JOIN catalog_listing USING (sku)) AS shown ON true
ORDER BY {page_order}
"""
_SLIM = """
    sku, name, category_slug, price_amount, price_band, sold_out, popularity, listed_at, was_amount,
    reduced_at
"""
# The same form twice would be looked up twice, and that of a prefix is long.
_EITHER_FORM = """
    CASE WHEN to_tsquery('english', {word}) = to_tsquery('simple', {word}) THEN to_tsquery('simple', {word})
         ELSE to_tsquery('english', {word}) || to_tsquery('simple', {word}) END
"""
# A word fits as it is, and as the beginning of words that products are called by. What else it begins counts
# only where it begins none of these: to "car" a card is nearer than all that is "finished with care". The
# operators compare bytes, as the index for beginnings does.
_FITS = f"""({_EITHER_FORM} || coalesce(
    (SELECT to_tsquery('english', string_agg(word, ' | ')) FROM catalog_words
     WHERE word ~>=~ {{word}} AND word ~<~ {{end}}),
    to_tsquery('simple', {{begun}})
))"""
_RANKED = _EITHER_FORM.replace("{word}", "{begun}")
_PIECES = """array(
    SELECT DISTINCT substr('  ' || word || ' ', n, 3)::varchar(3)
    FROM generate_series(1, length(word) + 1) AS n
)"""


def search(
    text: str = "", filters: Filters = EVERYTHING, *, sort: str = "", size: int = PAGE_SIZE, at: str = ""
) -> Page:
    """What is listed and fits the text and the filters. One query.

    at: a cursor of another page, of the same text and order; raises UnknownCursor for any other.
    """
    return _Question(text, filters, sort, size, at).page()


def shelf(
    text: str = "",
    filters: Filters = EVERYTHING,
    *,
    sort: str = "",
    size: int = PAGE_SIZE,
    at: str = "",
    attributes: bool = True,
) -> Shelf:
    """The same with its facets: without words one query more, and one for the attributes of few; else none.

    attributes: whether a page shows theirs.
    """
    return _Question(text, filters, sort, size, at).shelf(attributes=attributes)


def _telling(word: str) -> list[str]:
    """The pieces to look known words up by: one that is ALIKE shares at least that part of all.

    So a few can be spared, and the edges are, which most words share.
    """
    pieces = trigrams_of(word)
    spare = int((len(pieces) - 1) * ALIKE)
    return [piece for piece in pieces if piece not in (f"  {word[0]}", f"{word[-2:]} ")[:spare]]


class _Question:
    """What was asked for, on its way to SQL and back."""

    def __init__(self, text: str, filters: Filters, sort: str, size: int, at: str) -> None:
        self.words = [w for w in dict.fromkeys(words_of(text)) if w not in STOP_WORDS][:MAX_WORDS]
        self.filters, self.size = filters, size
        self.order: Order = order_of(sort, text=bool(self.words))
        self.place: Place = place_of(at, self.order)
        self.values: dict[str, Any] = filters.values() | {
            "size": size,
            "reduced_since": timezone.now() - REDUCED_FOR,
            "words": self.words,
            "grams": [piece for word in self.words for piece in _telling(word)],
        }
        for n, word in enumerate(self.words):
            begins = len(word) > 1
            self.values[f"word{n}"] = word
            self.values[f"begun{n}"] = f"{word}:*" if begins else word
            self.values[f"end{n}"] = f"{word}\U0010ffff" if begins else word

    def page(self) -> Page:
        return self._found(blends=False)[0] if self.words else self._listed()

    def shelf(self, *, attributes: bool) -> Shelf:
        if self.words:
            page, cells = self._found(blends=attributes)
            return Shelf(page, facets_of(cells, self.filters))
        page, cells = self._listed(), self._counted(count_cells(_LISTING, self.filters))
        facets = facets_of(cells, self.filters)
        if attributes and (facets.total <= MOST_BLENDED or self.filters.traits):
            cells += self._counted(count_blends(_LISTING, self.filters))
            facets = facets_of(cells, self.filters)
        return Shelf(page, facets)

    def _listed(self) -> Page:
        statement = _LISTED.format(
            columns=", ".join(COLUMNS),
            keys=", ".join(self.order.keys),
            conditions=self._conditions("visible"),
            order=self.order.sql(backwards=self.place.backwards),
        )
        return self._page(self._rows(statement))

    def _counted(self, statement: str) -> list[Cell]:
        return [Cell(*row) for row in self._rows(statement)]

    def _found(self, *, blends: bool) -> tuple[Page, list[Cell]]:
        keys = [f"key{n}" for n in range(len(self.order.keys))]
        ranked = self.order is BEST_MATCH
        cells = [count_cells(_FITTING, self.filters)]
        if blends:
            cells.append(count_blends(_FITTING, self.filters))
        statement = _FOUND.format(
            slim=_SLIM + (", blend" if blends else "") + (", traits" if self.filters.traits else ""),
            fits=self._query(_FITS),
            rank=f"ts_rank(search, {self._query(_RANKED)})" if ranked else "0",
            near_rank="ts_rank(search, meant.query)" if ranked else "0",
            pieces=_PIECES,
            alike=ALIKE,
            rivals=RIVALS,
            cells="UNION ALL".join(cells),
            cell=", ".join(Cell._fields),
            keys=", ".join(f"{k} AS {name}" for k, name in zip(self.order.keys, keys, strict=True)),
            conditions=self._conditions(),
            order=self.order.sql(backwards=self.place.backwards),
            columns=", ".join(f"catalog_listing.{column}" for column in COLUMNS),
            page_keys=", ".join(keys),
            page_order=replace(self.order, keys=tuple(keys)).sql(backwards=self.place.backwards),
        )
        rows = self._rows(statement)
        counted = [Cell(*cell) for cell in rows[0][0] or ()]
        return self._page([row[1:] for row in rows if row[1] is not None]), counted

    def _query(self, form: str) -> str:
        """All the words, each in this form; one letter begins nothing."""
        names = [
            {each: f"%({each}{n})s" for each in ("word", "begun", "end")} for n in range(len(self.words))
        ]
        return " && ".join(form.format(**name) for name in names)

    def _conditions(self, *others: str) -> str:
        conditions = [*others, *self.filters.conditions()]
        if self.place.values:
            behind, values = self.order.beyond(self.place)
            conditions.append(behind)
            self.values |= values
        return " AND ".join(conditions) or "true"

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as sql:
            sql.execute(statement, self.values)
            rows: list[tuple[Any, ...]] = sql.fetchall()
            return rows

    def _page(self, rows: Sequence[tuple[Any, ...]]) -> Page:
        back, more = self.place.backwards, len(rows) > self.size
        shown = rows[: self.size][:: -1 if back else 1]
        if not shown:
            return Page(())
        first, last = ([*row[1 + len(COLUMNS) :]] for row in (shown[0], shown[-1]))
        return Page(
            items=tuple(as_listing(*row[1 : 1 + len(COLUMNS)]) for row in shown),
            near_spelling=shown[0][0],
            previous_cursor=cursor(self.order, first, backwards=True)
            if (more if back else self.place.values)
            else "",
            next_cursor=cursor(self.order, last) if back or more else "",
        )
