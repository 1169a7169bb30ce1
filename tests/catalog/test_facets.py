"""Facets: each is counted as if its own filter were off, with words and without."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import CatalogListingRow
from catalog.queries import Facets, Filters, facets, searching, shelf
from tests.catalog.builders import a_product, listed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(db: None) -> None:
    listed(
        a_product("MUG-1", "Small mug", pounds=8),
        a_product("MUG-2", "Round mug", pounds=12),
        a_product("MUG-3", "Tall mug", pounds=30),
        a_product("POT-1", "Small pot", category="garden", pounds=9),
        a_product("POT-2", "Round pot", category="garden", pounds=150),
    )
    listed(a_product("MUG-4", "Last mug", pounds=15), available=0)
    listed(a_product("POT-3", "Last pot", category="garden", pounds=15), available=0)
    CatalogListingRow.objects.filter(sku__in=("MUG-2", "MUG-4")).update(
        was_amount=2000, reduced_at=timezone.now()
    )
    CatalogListingRow.objects.filter(sku="POT-1").update(
        was_amount=2000, reduced_at=timezone.now() - timedelta(days=31)
    )


def counts(facets: Facets) -> tuple[int, dict[str, int], list[int], int, int]:
    """Total, departments, price bands, in stock, reduced."""
    bands = [band.products for band in facets.bands]
    return facets.total, facets.categories, bands, facets.in_stock, facets.reduced


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), (7, {"kitchen": 4, "garden": 3}, [2, 3, 1, 0, 1], 5, 2)),
        (Filters(("kitchen",)), (4, {"kitchen": 4, "garden": 3}, [1, 2, 1, 0, 0], 3, 2)),
        (Filters(("kitchen", "garden")), (7, {"kitchen": 4, "garden": 3}, [2, 3, 1, 0, 1], 5, 2)),
        (Filters(in_stock=True), (5, {"kitchen": 3, "garden": 2}, [2, 1, 1, 0, 1], 5, 1)),
        (Filters(reduced=True), (2, {"kitchen": 2}, [0, 2, 0, 0, 0], 1, 2)),
        (
            Filters(price_from=1000, price_to=1999),
            (3, {"kitchen": 2, "garden": 1}, [2, 3, 1, 0, 1], 1, 2),
        ),
        (Filters(price_from=900), (6, {"kitchen": 3, "garden": 3}, [2, 3, 1, 0, 1], 4, 2)),
        (Filters(price_to=1200), (3, {"kitchen": 2, "garden": 1}, [2, 3, 1, 0, 1], 3, 1)),
        (
            Filters(("garden",), 1000, 1999, in_stock=True),
            (0, {"kitchen": 1}, [1, 0, 0, 0, 1], 0, 0),
        ),
        (Filters(("attic",)), (0, {"kitchen": 4, "garden": 3}, [0, 0, 0, 0, 0], 0, 0)),
    ],
)
def test_a_facet_is_counted_as_if_its_own_filter_were_off(
    filters: Filters, expected: tuple[int, dict[str, int], list[int], int, int]
) -> None:
    found = shelf("", filters)

    assert counts(found.facets) == expected
    assert len(found.page.items) == expected[0]


@pytest.mark.parametrize("text", ["", "mug"])
def test_prices_may_begin_and_end_anywhere_in_a_band(text: str) -> None:
    listed(*(a_product(f"MUG-£{edge}", "Edge mug", pounds=edge) for edge in (10, 20, 50, 100)))
    products = CatalogListingRow.objects.filter(name__icontains=text)
    bounds = (None, 0, 799, 800, 900, 999, 1000, 1200, 1500, 1999, 2000, 4999, 5000, 10_000, 15_000, 15_001)

    for price_from, price_to in product(bounds, bounds):
        found = shelf(text, Filters(price_from=price_from, price_to=price_to)).facets
        within = products.filter(
            price_amount__range=(price_from or 0, 10**9 if price_to is None else price_to)
        )
        assert found.total == within.count(), (price_from, price_to)
        assert found.in_stock == within.filter(available__gt=0).count()
        assert found.reduced == within.filter(was_amount=2000, sku__startswith="MUG").count()


@pytest.fixture
def colours(shop: None) -> None:
    listed(
        a_product("CUP-1", "Red ash cup", pounds=8, colour="red", material="ash"),
        a_product("CUP-2", "Red oak cup", pounds=12, colour="red", material="oak"),
        a_product("CUP-3", "Blue ash cup", pounds=30, colour="blue", material="ash"),
        a_product("CUP-4", "Red tin cup", category="garden", pounds=9, colour="red", material="tin"),
        a_product("CUP-5", "Plain ash cup", category="garden", pounds=9, material="ash"),
    )
    listed(a_product("CUP-6", "Green ash cup", pounds=30, colour="green", material="ash"), available=0)


ALL_COLOURS, ONE_EACH = {"red": 3, "blue": 1, "green": 1}, {"ash": 1, "oak": 1, "tin": 1}
ANY_OF_ASH = {"blue": 1, "green": 1, "red": 1}


@pytest.mark.parametrize("text", ["", "cup", "cupp"])
@pytest.mark.parametrize(
    ("filters", "total", "expected"),
    [
        (Filters(), 6, (ALL_COLOURS, {"ash": 4, "oak": 1, "tin": 1})),
        (Filters(traits=("colour:red",)), 3, (ALL_COLOURS, ONE_EACH)),
        (Filters(traits=("colour:red", "material:ash")), 1, (ANY_OF_ASH, ONE_EACH)),
        (
            Filters(traits=("colour:red", "colour:blue", "material:ash")),
            2,
            (ANY_OF_ASH, {"ash": 2, "oak": 1, "tin": 1}),
        ),
        (
            Filters(("kitchen",), in_stock=True, traits=("material:ash",)),
            2,
            ({"blue": 1, "red": 1}, {"ash": 2, "oak": 1}),
        ),
        (Filters(price_to=1000, traits=("material:ash",)), 2, ({"red": 1}, {"ash": 2, "tin": 1})),
    ],
)
def test_an_attribute_narrows_and_is_counted_as_if_its_own_filter_were_off(
    text: str, filters: Filters, total: int, expected: tuple[dict[str, int], ...], colours: None
) -> None:
    found = shelf(text, filters)

    counted = found.facets.attributes
    assert counted == dict(zip(("colour", "material"), expected, strict=True))
    assert [[*values] for values in counted.values()] == [[*values] for values in expected]
    unlike_them = 7 if not text and filters == Filters() else 0
    assert (found.facets.total, len(found.page.items)) == (total + unlike_them,) * 2


def test_a_value_that_nothing_has_finds_nothing(colours: None) -> None:
    found = shelf("", Filters(traits=("colour:mauve",)))

    assert (found.page.items, found.facets.total) == ((), 0)
    assert found.facets.attributes == {"colour": ALL_COLOURS}


def test_the_other_facets_are_counted_with_the_attributes_on(colours: None) -> None:
    found = shelf("", Filters(traits=("material:ash",)))

    assert counts(found.facets) == (4, {"kitchen": 3, "garden": 1}, [2, 0, 2, 0, 0], 3, 0)


@pytest.mark.parametrize(("text", "few", "many"), [("", 8, 7), ("cup", 4, 3), ("cupp", 4, 3)])
def test_many_products_are_not_looked_at_for_their_attributes(
    colours: None, monkeypatch: pytest.MonkeyPatch, text: str, few: int, many: int
) -> None:
    def materials(most: int) -> dict[str, int] | None:
        monkeypatch.setattr(facets, "MOST_BLENDED", most)
        monkeypatch.setattr(searching, "MOST_BLENDED", most)
        return shelf(text, Filters(("kitchen",))).facets.attributes.get("material")

    assert (materials(few), materials(many)) == ({"ash": 3, "oak": 1}, None)


@pytest.mark.parametrize("text", ["", "mug"])
def test_a_page_that_shows_no_attributes_does_not_count_them(colours: None, text: str) -> None:
    asked = Filters(traits=("colour:blue",))

    with CaptureQueriesContext(connection) as queries:
        found = shelf(text, asked, attributes=False)

    assert (found.facets.attributes, [query for query in queries if "GROUP BY blend" in query["sql"]]) == (
        {},
        [],
    )
    assert found.page == shelf(text, asked).page


@pytest.mark.parametrize("text", ["mug", "mgug"])
def test_what_fits_the_words_is_counted_in_the_same_way(text: str) -> None:
    found = shelf(text, Filters(in_stock=True, price_to=1200))

    assert {item.sku for item in found.page.items} == {"MUG-1", "MUG-2"}
    assert counts(found.facets) == (2, {"kitchen": 2}, [1, 1, 1, 0, 0], 2, 1)
    assert found.page.near_spelling == (text == "mgug")


def test_words_that_fit_but_for_the_filters_are_no_misspelling() -> None:
    found = shelf("mug", Filters(("garden",)))

    assert (found.page.items, found.page.near_spelling) == ((), False)
    assert (found.facets.total, found.facets.categories) == (0, {"kitchen": 4})


def test_bands_touch_and_do_not_overlap() -> None:
    bands = shelf().facets.bands

    assert bands[0].price_from is bands[-1].price_to is None
    assert [one.price_to for one in bands[:-1]] == [two.price_from - 1 for two in bands[1:] if two.price_from]


@pytest.mark.parametrize(("text", "queries"), [("", 3), ("mug", 1), ("mgug", 1)])
def test_the_facets_cost_two_queries_more_at_most(text: str, queries: int) -> None:
    with CaptureQueriesContext(connection) as asked:
        shelf(text, Filters(("kitchen",), 100, 5000, in_stock=True, reduced=True, traits=("colour:red",)))

    assert len(asked) == queries


def test_a_shelf_is_read_off_its_index() -> None:
    with CaptureQueriesContext(connection) as asked, connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        second = shelf(size=2, at=shelf(size=2).page.next_cursor)
        cursor.execute(f"EXPLAIN {asked[-3]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert len(second.page.items) == 2
    assert "Index Scan using catalog_listing_popular" in plan
    assert "Index Cond: (ROW(sold_out, (popularity * '-1'::integer), (name)::text, (sku)::text) >" in plan
