"""The search box: words as written or begun, else spelled nearly so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import connection

from catalog.errors import UnknownCursor
from catalog.models import trigrams_of, words_of
from catalog.queries.listings import COLUMNS, Listing, as_listing

PAGE_SIZE = 24
MAX_WORDS = 8
STOP_WORDS = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "the", "to", "with")
)
_CURSOR_SALT = "catalog.cursor"
ALIKE = 0.25
RIVALS = 0.8
SORTS = {
    "": "available > 0 DESC, score DESC, units_sold DESC, name, sku",
    "popular": "units_sold DESC, name, sku",
    "price": "price_amount, name, sku",
    "-price": "price_amount DESC, name, sku",
    "name": "name, sku",
    "newest": "listed_at DESC, name, sku",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what was found; `near_spelling`: nothing matched as written, these nearly do.

    `cursor` stands for its last product, where more follow it.
    """

    items: tuple[Listing, ...]
    total: int
    number: int
    size: int
    near_spelling: bool = False
    cursor: str = ""

    @property
    def pages(self) -> int:
        """How many pages there are; an empty result has one."""
        return max(1, -(-self.total // self.size))

    @property
    def previous(self) -> int | None:
        """The number of the page before, if there is one."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The number of the page after, if there is one."""
        return self.number + 1 if self.number < self.pages else None


# Near spellings are looked for only when nothing matches as written: of the words that share a trigram
# with what was typed, those most alike are taken for what was meant.
# The limits keep the planner's guesses, and so its plan, small.
_SEARCH = """
WITH exact AS (
    SELECT *, {rank}::float AS score, false AS near FROM catalog_listing
    WHERE visible AND (%(category)s = '' OR category_slug = %(category)s) AND {matches}
), typed AS MATERIALIZED (
    SELECT word, {pieces} AS pieces FROM unnest(%(words)s::text[]) AS word
), known AS MATERIALIZED (
    SELECT word, {pieces} AS pieces FROM (
        SELECT DISTINCT unnest(words) AS word FROM catalog_listing
        WHERE visible AND trigrams && %(grams)s::varchar[] AND NOT EXISTS (SELECT FROM exact)
        LIMIT 2000
    ) AS words
), compared AS MATERIALIZED (
    SELECT typed.word AS typed, known.word AS known, cardinality(typed.pieces || known.pieces) AS pieces,
           (SELECT count(*) FROM unnest(typed.pieces) AS piece WHERE piece = ANY (known.pieces)) AS common
    FROM typed, known
), alike AS MATERIALIZED (
    SELECT typed, known, likeness FROM (
        SELECT typed, known, common / (pieces - common)::float AS likeness,
               max(common / (pieces - common)::float) OVER (PARTITION BY typed) AS best
        FROM compared
    ) AS ranked
    WHERE likeness >= {alike} AND likeness >= best * {rivals}
    LIMIT 50
), near AS (
    SELECT catalog_listing.*, fit.score, true AS near FROM catalog_listing, LATERAL (
        SELECT sum(likeness) AS score, count(*) AS words FROM (
            SELECT max(likeness) AS likeness FROM alike
            WHERE known = ANY (catalog_listing.words) GROUP BY typed
        ) AS word_by_word
    ) AS fit
    WHERE visible AND (%(category)s = '' OR category_slug = %(category)s)
      AND catalog_listing.words && (SELECT array_agg(known) FROM alike)
      AND fit.words = cardinality(%(words)s::text[])
), found AS (
    SELECT * FROM exact UNION ALL SELECT * FROM near
)
SELECT near, total, {columns}, {keys} FROM (SELECT *, count(*) OVER () AS total FROM found) AS counted
WHERE {after} ORDER BY {order} LIMIT %(size)s + 1 OFFSET %(offset)s
"""
_PIECES = """array(
    SELECT DISTINCT substr('  ' || word || ' ', n, 3) FROM generate_series(1, length(word) + 1) AS n
)"""


def search(
    text: str = "",
    *,
    category: str = "",
    sort: str = "",
    page: int = 1,
    size: int = PAGE_SIZE,
    after: str = "",
) -> Page:
    """What is listed and fits the text: as written or begun, else spelled nearly so. One query.

    after: `Page.cursor` of the page before, for whoever goes on from its last product and not by number;
    raises UnknownCursor for one that was cut short, or is of another order.
    """
    number, sort = max(1, page), sort if sort in SORTS else ""
    words = [word for word in dict.fromkeys(words_of(text)) if word not in STOP_WORDS][:MAX_WORDS]
    statement, values = _statement(words, SORTS[sort], _read_cursor(after, sort) if after else [])
    with connection.cursor() as cursor:
        cursor.execute(
            statement, values | {"category": category, "size": size, "offset": (number - 1) * size}
        )
        rows = cursor.fetchall()
    near, total = rows[0][:2] if rows else (False, 0)
    items = tuple(as_listing(*row[2 : 2 + len(COLUMNS)]) for row in rows[:size])
    following = _cursor(sort, rows[size - 1][2 + len(COLUMNS) :]) if len(rows) > size else ""
    return Page(items, total, number, size, near, following)


def _statement(words: list[str], order: str, after: list[Any]) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"words": words, "grams": trigrams_of(" ".join(words))}
    values |= {f"after{n}": value for n, value in enumerate(after)}
    keys = [key.removesuffix(" DESC") for key in order.split(", ")]
    begun = [f"prefix{n}" for n in range(len(words))]
    values |= {name: f"{word}:*" for name, word in zip(begun, words, strict=True)}
    query = " && ".join(f"(to_tsquery('english', %({n})s) || to_tsquery('simple', %({n})s))" for n in begun)
    statement = _SEARCH.format(
        rank=f"ts_rank(search, {query})" if words else "0",
        matches=f"search @@ ({query})" if words else "true",
        pieces=_PIECES,
        alike=ALIKE,
        rivals=RIVALS,
        columns=", ".join(COLUMNS),
        keys=", ".join(keys),
        after=_beyond(order) if after else "true",
        order=order,
    )
    return statement, values


def _beyond(order: str) -> str:
    """Behind the place that after0, after1, … stand for; comparing rows knows only one direction for all."""
    alternatives, equal = [], ""
    for n, key in enumerate(order.split(", ")):
        expression, comparison = key.removesuffix(" DESC"), "<" if key.endswith(" DESC") else ">"
        alternatives.append(f"({equal}({expression}) {comparison} %(after{n})s)")
        equal += f"({expression}) = %(after{n})s AND "
    return f"({' OR '.join(alternatives)})"


def _cursor(sort: str, place: Iterable[Any]) -> str:
    told = [value.isoformat() if isinstance(value, datetime) else value for value in place]
    return signing.dumps([sort, *told], salt=_CURSOR_SALT)


def _read_cursor(cursor: str, sort: str) -> list[Any]:
    try:
        of_sort, *place = signing.loads(cursor, salt=_CURSOR_SALT)
    except signing.BadSignature:
        raise UnknownCursor(cursor) from None
    if of_sort != sort:
        raise UnknownCursor(cursor)
    return list(place)
