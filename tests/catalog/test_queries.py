"""The search box: finds words, beginnings of words, other endings, and near spellings."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import services
from catalog.models import CatalogListingRow
from catalog.queries import CategoryCount, Filters, Page, categories_with_counts, search
from tests.catalog.builders import a_product, listed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(db: None) -> None:
    listed(
        a_product("TEAPOT", "Round teapot", pounds=38, description="Pours without dripping."),
        a_product("MUG", "Stoneware mug", pounds=12, description="For tea, or soup."),
        a_product("CANDLE", "Beeswax candle", pounds=9, description="Burns for forty hours."),
        a_product("JUG", "Ceramic jug", pounds=24, description="Holds a litre."),
        a_product("TROWEL", "Hand trowel", category="garden", pounds=16, description="Ash handle."),
        a_product("LANTERN", "Garden lantern", category="garden", pounds=30, description="For a candle."),
    )


def found(text: str = "", **options: object) -> list[str]:
    return [item.sku for item in search(text, **options).items]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("teapot", ["TEAPOT"]),
        ("TEAPOTS", ["TEAPOT"]),
        ("tea", ["TEAPOT", "MUG"]),
        ("cerami", ["JUG"]),
        ("round teap", ["TEAPOT"]),
        ("candles", ["CANDLE", "LANTERN"]),
        ("the mug with the soup", ["MUG"]),
        ("garden", ["LANTERN", "TROWEL"]),
        ("TROWEL", ["TROWEL"]),
    ],
)
def test_words_and_their_beginnings_are_found_best_first(text: str, skus: list[str]) -> None:
    page = search(text)

    assert [item.sku for item in page.items] == skus
    assert not page.near_spelling


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("teapto", ["TEAPOT"]),
        ("candel", ["CANDLE", "LANTERN"]),
        ("candle cermaic", []),
        ("cermaic", ["JUG"]),
        ("beeswaks candl", ["CANDLE"]),
        ("lanten", ["LANTERN"]),
        ("xyzlantern", ["LANTERN"]),
        ("lantxyzw", ["LANTERN"]),
        ("stonware mgu", []),
        ("red zebra", []),
        ("zebra", []),
    ],
)
def test_near_spellings_are_found_and_said_to_be_near(text: str, skus: list[str]) -> None:
    page = search(text)

    assert [item.sku for item in page.items] == skus
    assert page.near_spelling == bool(skus)


@pytest.mark.parametrize("text", ["'", "mug & !", "mug:*", "<->", "%s", "\\", "🫖 mug", "mug " * 50])
def test_no_text_breaks_the_search(text: str) -> None:
    assert len(found(text)) in (0, 1, 6)


@pytest.mark.parametrize(
    ("sort", "skus"),
    [
        ("price", ["CANDLE", "MUG", "TROWEL", "JUG", "LANTERN", "TEAPOT"]),
        ("-price", ["TEAPOT", "LANTERN", "JUG", "TROWEL", "MUG", "CANDLE"]),
        ("name", ["CANDLE", "JUG", "LANTERN", "TROWEL", "TEAPOT", "MUG"]),
        ("nonsense; DROP TABLE", ["CANDLE", "JUG", "LANTERN", "TROWEL", "TEAPOT", "MUG"]),
    ],
)
def test_the_shelf_is_sorted_as_asked(sort: str, skus: list[str]) -> None:
    assert found(sort=sort) == skus


def test_what_is_sold_out_stands_last() -> None:
    CatalogListingRow.objects.filter(sku="CANDLE").update(available=0)

    page = search()
    assert page.items[-1].sku == "CANDLE"
    assert page.items[-1].sold_out


def test_a_category_holds_its_own() -> None:
    assert found(filters=Filters(("garden",))) == ["LANTERN", "TROWEL"]
    assert found("candle", filters=Filters(("garden",))) == ["LANTERN"]
    assert found("candle", filters=Filters(("garden", "kitchen"))) == ["CANDLE", "LANTERN"]


def skus(page: Page) -> list[str]:
    return [item.sku for item in page.items]


def pages_of(text: str, sort: str) -> list[Page]:
    pages = [search(text, sort=sort, size=2)]
    while pages[-1].next_cursor:
        pages.append(search(text, sort=sort, size=2, at=pages[-1].next_cursor))
    return pages


@pytest.mark.parametrize("text", ["", "kitchen", "kichen"])
@pytest.mark.parametrize("sort", ["", "popular", "name", "price", "-price", "newest"])
def test_pages_follow_each_other_there_and_back(text: str, sort: str) -> None:
    listed(a_product("PAN", "Iron pan"), a_product("SPOON", "Ash spoon", pounds=3), available=0)

    pages = pages_of(text, sort)

    back = [search(text, sort=sort, size=2, at=page.previous_cursor) for page in pages[1:]]
    assert [sku for page in pages for sku in skus(page)] == found(text, sort=sort)
    assert [len(page.items) for page in pages] == [2] * (3 if text else 4)
    assert [skus(page) for page in back] == [skus(page) for page in pages[:-1]]
    assert (pages[0].previous_cursor, back[0].previous_cursor, pages[-1].next_cursor) == ("", "", "")
    assert all(page.next_cursor for page in back)


def test_what_sells_stands_first_and_what_is_sold_out_last() -> None:
    for sku, units in (("JUG", 40), ("MUG", 7), ("TEAPOT", 900)):
        CatalogListingRow.objects.filter(sku=sku).update(units_sold=units)
    CatalogListingRow.objects.filter(sku="TEAPOT").update(available=-1)

    assert found()[:2] == ["JUG", "MUG"]
    assert found()[-1] == "TEAPOT"


@pytest.mark.parametrize("text", ["", "candel", "candle"])
def test_a_search_is_one_query(text: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        search(text, Filters(("kitchen",), 100, 5000, in_stock=True, reduced=True), sort="price")

    assert len(queries) == 1


def test_one_letter_begins_nothing() -> None:
    assert found("m") == []
    assert found("mu") == ["MUG"]


@pytest.mark.parametrize(
    ("text", "skus"),
    [
        ("car", ["CARD"]),
        ("card", ["CARD"]),
        ("care", ["BOWL"]),
        ("finish", ["BOWL"]),
        ("finis", ["BOWL"]),
        ("bow", ["BOWL"]),
        ("bow finis", ["BOWL"]),
        ("bow car", []),
        ("BOW", ["BOWL"]),
        ("c", []),
    ],
)
def test_what_is_begun_is_a_name_before_it_is_a_word_of_a_description(text: str, skus: list[str]) -> None:
    listed(
        a_product("CARD", "Greeting card", description="Blank inside."),
        a_product("BOWL", "Oak bowl", description="Finished with care."),
    )
    CatalogListingRow.objects.exclude(sku__in=("CARD", "BOWL")).update(visible=False)

    page = search(text)

    assert [item.sku for item in page.items] == skus
    assert not page.near_spelling


def test_categories_are_counted_in_their_order() -> None:
    for position, slug in enumerate(("kitchen", "garden", "attic")):
        services.add_category(slug=slug, name=slug.title(), position=position)
    CatalogListingRow.objects.filter(sku="JUG").update(visible=False)

    assert categories_with_counts() == [
        CategoryCount("kitchen", "Kitchen", 3),
        CategoryCount("garden", "Garden", 2),
        CategoryCount("attic", "Attic", 0),
    ]
