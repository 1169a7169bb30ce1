"""A hundred thousand products on the shelves, like those of a real shop, and shoppers who look at them.

Both are the same on every run. Times are in seconds.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from django.core.management import call_command
from django.db import connection
from django.test import Client

from catalog.models import CatalogListingRow, CatalogWordRow, Category, blend_of, trigrams_of, words_of
from catalog.queries.ordering import cursor, order_of
from eventbus.checkpoints import ensure_checkpoints

PRODUCTS, MAKERS = 100_000, 15_000


def _words(text: str) -> list[str]:
    return text.split()


_SHELVES = _words(
    "kitchen bath bed garden desk lighting storage textiles toys outdoor craft pets travel gifts"
)
_KINDS = _words("""
    mug bowl plate jug teapot vase candle lantern throw cushion blanket apron towel napkin rug basket
    trowel fork spade bucket pot planter trug twine notebook pencil card frame clock lamp mirror shelf
    tray board knife spoon pan kettle jar tin bottle glass cup saucer platter whisk grater colander
    chair stool bench table cabinet hook rail peg doormat brush broom soap sponge scarf sock hat glove
""")
_STUFFS = _words("""
    stoneware porcelain ash oak beech walnut linen cotton wool jute brass copper steel iron glass cork slate
    leather wicker felt
""")
_LOOKS = _words("""
    red green blue white grey charcoal striped checked speckled ribbed plain glazed washed waxed painted
    small large tall round oval
""")
_FOLK = _words(
    "for everyday use made by hand in small runs and finished with care easy to clean built to last"
)
_ORDERS = ("price", "-price", "newest", "name")
_START = datetime(2025, 1, 1, tzinfo=UTC)


def stock_shelves(products: int = PRODUCTS) -> None:
    """Write the listing as its fold would have, and let Postgres look at it once."""
    call_command("migrate", interactive=False, verbosity=0)
    ensure_checkpoints()
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


def browse(visits: int) -> dict[str, dict[str, list[float]]]:
    """How long each kind of page takes, so many times; once more before, unmeasured."""
    chance, browser = Random(7), Client(SERVER_NAME="127.0.0.1")
    return {
        "listing": {kind: _timed(browser, chance, page, visits) for kind, page in _LISTING.items()},
        "other": {kind: _timed(browser, chance, page, visits) for kind, page in _OTHER.items()},
    }


def _timed(browser: Client, chance: Random, page: Callable[[Random], str], visits: int) -> list[float]:
    taken = []
    for _ in range(visits + 1):
        address = page(chance)
        start = time.perf_counter()
        answer = browser.get(address)
        taken.append(time.perf_counter() - start)
        if answer.status_code != 200:
            raise AssertionError(f"{address} answered {answer.status_code}.")
    return taken[1:]


def _misspelled(chance: Random) -> str:
    word = chance.choice([word for word in (*_KINDS, *_STUFFS) if len(word) > 5])
    at = chance.randrange(1, len(word) - 2)
    return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"


def _somewhere(chance: Random) -> str:
    """A page deep in the shelves: what a shopper gets who has followed "Next" to there."""
    order = order_of("price", text=False)
    place = (200 + chance.randrange(20_000), "", "")
    return f"/search/?sort=price&at={cursor(order, place)}"


_LISTING: dict[str, Callable[[Random], str]] = {
    "everything": lambda chance: "/search/",
    "a department": lambda chance: f"/category/{chance.choice(_SHELVES)}/",
    "a department, sorted": lambda chance: (
        f"/category/{chance.choice(_SHELVES)}/?sort={chance.choice(_ORDERS)}"
    ),
    "filters": lambda chance: (
        f"/search/?category={chance.choice(_SHELVES)}&category={chance.choice(_SHELVES)}"
        f"&min={chance.randrange(20)}&max={chance.randrange(20, 200)}&stock=1"
    ),
    "attributes": lambda chance: (
        f"/category/{chance.choice(_SHELVES)}/?trait=look:{chance.choice(_LOOKS)}"
        f"&trait=material:{chance.choice(_STUFFS)}&trait=material:{chance.choice(_STUFFS)}"
    ),
    "one word": lambda chance: f"/search/?q={chance.choice(_KINDS)}",
    "two words": lambda chance: f"/search/?q={chance.choice(_LOOKS)}+{chance.choice(_KINDS)}",
    "a word and a filter": lambda chance: f"/search/?q={chance.choice(_STUFFS)}&max=40&sort=price",
    "a word begun": lambda chance: f"/search/?q={chance.choice(_KINDS)[:3]}",
    "a misspelling": lambda chance: f"/search/?q={_misspelled(chance)}",
    "a page deep inside": _somewhere,
}
_OTHER: dict[str, Callable[[Random], str]] = {
    "suggestions": lambda chance: f"/search/suggest/?q={chance.choice(_KINDS)[:4]}",
    "the front door": lambda chance: "/",
}


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
            blend=blend_of({"look": look, "material": stuff}),
        )


def _syllables(chance: Random) -> str:
    return "".join(chance.choice("bdfghklmnprstvw") + chance.choice("aeiou") for _ in range(4))
