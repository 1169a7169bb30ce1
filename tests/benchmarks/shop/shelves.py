"""A hundred thousand products on the shelves: like those of a real shop, and the same on every run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from django.db import connection

from catalog.models import CatalogListingRow, CatalogWordRow, Category, trigrams_of, words_of

PRODUCTS = 100_000
_SHELVES = (
    "kitchen bath bed garden desk lighting storage textiles toys outdoor craft pets travel gifts".split()
)
MAKERS = 15_000
_KINDS = (
    *(
        "mug bowl plate jug teapot vase candle lantern throw cushion blanket apron towel napkin rug basket".split()
    ),
    *(
        "trowel fork spade bucket pot planter trug twine notebook pencil card frame clock lamp mirror shelf".split()
    ),
    *(
        "tray board knife spoon pan kettle jar tin bottle glass cup saucer platter whisk grater colander".split()
    ),
    *(
        "chair stool bench table cabinet hook rail peg doormat brush broom soap sponge scarf sock hat glove".split()
    ),
)
_STUFFS = (
    "stoneware porcelain ash oak beech walnut linen cotton wool jute brass copper steel iron glass cork slate "
    "leather wicker felt"
).split()
_LOOKS = (
    "red green blue white grey charcoal striped checked speckled ribbed plain glazed washed waxed painted "
    "small large tall round oval".split()
)
_FOLK = (
    "for everyday use made by hand in small runs and finished with care easy to clean built to last".split()
)
_START = datetime(2025, 1, 1, tzinfo=UTC)


def stock_shelves(products: int = PRODUCTS) -> None:
    """Write the listing as its fold would have, and let Postgres look at it once."""
    chance = Random(2026)
    names = [f"{_syllables(chance)}" for _ in range(MAKERS)]
    Category.objects.bulk_create(
        Category(slug=shelf, name=shelf.title(), position=n) for n, shelf in enumerate(_SHELVES)
    )
    words: set[str] = set()
    rows_to_come = _rows(chance, names, products)
    while rows := list(islice(rows_to_come, 5000)):
        CatalogListingRow.objects.bulk_create(rows)
        words.update(word for row in rows for word in words_of(f"{row.name} {row.category_name}"))
    CatalogWordRow.objects.bulk_create(
        CatalogWordRow(word=word, trigrams=trigrams_of(word)) for word in words
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE catalog_listing, catalog_words")


def _rows(chance: Random, names: list[str], products: int) -> Iterator[CatalogListingRow]:
    for n in range(products):
        kind, stuff, look = chance.choice(_KINDS), chance.choice(_STUFFS), chance.choice(_LOOKS)
        maker = names[int(len(names) * chance.random() ** 2)]
        shelf = _SHELVES[int(len(_SHELVES) * chance.random() ** 1.5)]
        yield CatalogListingRow(
            sku=f"SKU-{n:06}",
            name=f"{maker.title()} {look} {stuff} {kind}",
            slug=f"{maker}-{look}-{stuff}-{kind}-{n}",
            description=f"A {look} {kind} of {stuff}, {' '.join(chance.sample(_FOLK, 12))}.",
            category_slug=shelf,
            category_name=shelf.title(),
            price_amount=int(200 + 20_000 * chance.random() ** 3),
            picture="catalog/products/mug-hearth.svg",
            available=0 if chance.random() < 0.1 else chance.randrange(1, 200),
            units_sold=int(2000 * chance.random() ** 8),
            visible=chance.random() < 0.98,
            listed_at=_START + timedelta(minutes=5 * n),
        )


def _syllables(chance: Random) -> str:
    return "".join(chance.choice("bdfghklmnprstvw") + chance.choice("aeiou") for _ in range(4))
