"""The catalogue over HTTP."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from catalog import services as catalog
from eventbus.testing import drain
from inventory.services import adjust_stock
from tests.api.client import Api
from tests.orders.builders import an_article


def test_a_product_is_told_as_it_was_listed(api: Api) -> None:
    an_article(price="8.50", stock=10)
    drain()

    product = api.get("/products/the-mug-red/")

    assert product.status == 200
    assert product.body == {
        "sku": "MUG-RED",
        "slug": "the-mug-red",
        "name": "The MUG-RED",
        "description": "",
        "category": "mugs",
        "price": {"amount": 850, "currency": "GBP"},
        "was": None,
        "picture": "",
        "approximate_stock": 10,
        "units_sold": 0,
        "attributes": {},
    }


def test_products_are_found_by_words_and_category_in_pages(api: Api) -> None:
    for number in range(3):
        an_article(f"MUG-{number}")
    drain()

    first = api.get("/products/", q="mug", category="mugs", sort="name", limit=2)
    second = api.get("/products/", q="mug", sort="name", limit=2, cursor=first["next_cursor"])

    assert [item["sku"] for item in first["items"] + second["items"]] == ["MUG-0", "MUG-1", "MUG-2"]
    assert (first["total"], second["next_cursor"]) == (3, None)


@pytest.mark.parametrize("sort", ["", "popular", "price", "-price", "name", "newest"])
@pytest.mark.parametrize("text", ["", "mug", "mugg red"])
def test_pages_in_any_order_follow_each_other_without_gap_or_repeat(api: Api, sort: str, text: str) -> None:
    for number in range(7):
        an_article(f"MUG-RED-{number}", price=f"{8 + number % 2}.00", stock=number % 3)
    drain()
    query: dict[str, Any] = {"q": text, "limit": 100} | ({"sort": sort} if sort else {})
    whole = [item["sku"] for item in api.get("/products/", **query)["items"]]

    pages, cursor = [], ""
    while cursor is not None:
        page = api.get("/products/", **query | {"limit": 2, "cursor": cursor})
        pages.append([item["sku"] for item in page["items"]])
        cursor = page["next_cursor"]

    assert (len(whole), [len(page) for page in pages]) == (7, [2, 2, 2, 1])
    assert [sku for page in pages for sku in page] == whole


def test_a_product_that_comes_or_goes_moves_no_page(api: Api) -> None:
    for number in range(4):
        an_article(f"MUG-{number}")
    drain()
    first = api.get("/products/", sort="name", limit=2)

    catalog.withdraw_product(sku="MUG-0")
    drain()

    second = api.get("/products/", sort="name", limit=2, cursor=first["next_cursor"])
    assert [item["sku"] for item in second["items"]] == ["MUG-2", "MUG-3"]


def test_a_cursor_is_of_the_order_that_told_it_and_never_made_up(api: Api) -> None:
    for number in range(2):
        an_article(f"MUG-{number}")
    drain()
    cursor = api.get("/products/", sort="name", limit=1)["next_cursor"]

    for wrong in (
        {"sort": "price", "cursor": cursor},
        {"sort": "name", "cursor": cursor[:-1]},
        {"cursor": "2"},
    ):
        assert api.get("/products/", **wrong).refusal == (422, "unknown_cursor")


@pytest.mark.parametrize(("query", "queries"), [({}, 3), ({"q": "mug"}, 1)])
def test_a_page_with_its_facets_is_three_queries_at_most(
    query: dict[str, Any], queries: int, api: Api, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        an_article(f"MUG-{number}")
    drain()

    with django_assert_num_queries(queries):
        assert len(api.get("/products/", **query)["items"]) == 3


def test_filters_narrow_and_each_facet_is_counted_without_its_own(api: Api) -> None:
    an_article("MUG-RED", price="8.50", stock=10)
    an_article("MUG-BLUE", price="12.00", stock=10)
    an_article("MUG-GONE", price="12.00", stock=1)
    adjust_stock(sku="MUG-GONE", quantity=-1, reason="broken")
    drain()

    page = api.get("/products/", price_from=1000, price_to=1999, in_stock=True)

    assert ([item["sku"] for item in page["items"]], page["total"]) == (["MUG-BLUE"], 1)
    assert page["facets"] == {
        "categories": {"mugs": 1},
        "prices": [
            {"price_from": None, "price_to": 999, "products": 1},
            {"price_from": 1000, "price_to": 1999, "products": 1},
            {"price_from": 2000, "price_to": 4999, "products": 0},
            {"price_from": 5000, "price_to": 9999, "products": 0},
            {"price_from": 10000, "price_to": None, "products": 0},
        ],
        "in_stock": 1,
        "reduced": 0,
        "attributes": {},
    }


def test_what_tells_products_apart_narrows_and_is_counted(api: Api) -> None:
    for sku, colour, size in (("A", "red", "large"), ("B", "red", "small"), ("C", "blue", "large")):
        an_article(sku)
        catalog.change_attributes(sku=sku, attributes={"colour": colour, "size": size})
    drain()

    page = api.get("/products/", trait=["colour:red", "size:large"])
    either = api.get("/products/", trait=["colour:red", "colour:blue"], sort="name")

    assert ([item["sku"] for item in page["items"]], page["total"]) == (["A"], 1)
    assert page["facets"]["attributes"] == {
        "colour": {"blue": 1, "red": 1},
        "size": {"large": 1, "small": 1},
    }
    assert [item["sku"] for item in either["items"]] == ["A", "B", "C"]
    assert api.get("/products/", trait="red").refusal == (422, "invalid_fields")


def test_the_shelves_are_listed_with_what_is_on_them(api: Api) -> None:
    an_article()
    drain()

    assert api.get("/categories/").body == [{"slug": "mugs", "name": "Mugs", "products": 1}]


def test_what_cannot_be_asked_is_pointed_at(api: Api) -> None:
    refused = api.get("/products/", sort="cheap", limit=1000)

    assert refused.refusal == (422, "invalid_fields")
    assert [error["pointer"] for error in refused["errors"]] == ["/sort", "/limit"]


def test_an_unknown_product_is_a_problem(api: Api) -> None:
    assert api.get("/products/unknown/").refusal == (404, "not_found")
