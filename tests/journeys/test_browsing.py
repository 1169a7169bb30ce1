"""Looking around: shelves, search and product pages."""

import re

import pytest

from catalog import services as catalog
from catalog.services import NewProduct
from eventbus.testing import drain
from payments.money import Money
from tests.journeys.shopper import Shopper, words


def names(page: str) -> list[str]:
    return re.findall(r'<h[23]><a href="/product/[^"]+">([^<]+)</a></h[23]>', page)


def test_the_front_door_shows_the_shelves_and_what_is_popular(shopper: Shopper) -> None:
    page = shopper.see("/")

    assert names(page) == ["Beeswax candle", "Milk jug", "Stoneware bowl", "Brass lamp"]
    assert "Table 2 items Light 2 items" in words(page)


def test_a_shelf_shows_its_own_products(shopper: Shopper) -> None:
    page = shopper.see("/category/light/")

    assert names(page) == ["Beeswax candle", "Brass lamp"]
    assert 'href="/category/light/" aria-current="page"' in page


def test_search_finds_words_that_are_begun(shopper: Shopper) -> None:
    assert names(shopper.see("/search/?q=stonew")) == ["Stoneware bowl"]


def test_search_finds_words_that_are_misspelled_and_says_so(shopper: Shopper) -> None:
    page = shopper.see("/search/?q=beeswx")

    assert names(page) == ["Beeswax candle"]
    assert "Nothing is spelled quite like that." in words(page)


def test_search_says_honestly_when_nothing_is_found(shopper: Shopper) -> None:
    page = shopper.see("/search/?q=%3Cb%3Exylophone")

    assert "Nothing here is called “<b>xylophone”." in words(page)
    assert "<b>xylophone" not in page


def test_sorting_stands_in_the_address(shopper: Shopper) -> None:
    page = shopper.see("/search/?sort=-price")

    assert names(page) == ["Brass lamp", "Milk jug", "Stoneware bowl", "Beeswax candle"]
    assert 'href="?sort=-price" aria-current="true"' in page


def test_pages_keep_the_search_and_the_order(shopper: Shopper) -> None:
    catalog.add_products(
        [
            NewProduct(sku=f"CUP-{n}", name=f"Cup no {n:02}", category_slug="table", price=Money(n, "GBP"))
            for n in range(1, 31)
        ]
    )
    drain()

    first = shopper.see("/search/?q=cup&sort=price")
    second = shopper.see("/search/?q=cup&sort=price&page=2")

    assert 'rel="next" href="?q=cup&amp;sort=price&amp;page=2"' in first
    assert names(second) == [f"Cup no {n}" for n in range(25, 31)]
    assert 'rel="prev" href="?q=cup&amp;sort=price&amp;page=1"' in second


@pytest.mark.parametrize("_number", ["0", "-1", "two", "9" * 40, "7"])
def test_a_page_that_is_not_there_leads_to_the_first(_number: str, shopper: Shopper) -> None:
    page = shopper.see(f"/search/?page={_number}")

    assert shopper.status == 200
    assert len(names(page)) == 4


def test_a_product_page_says_price_and_availability(shopper: Shopper) -> None:
    page = words(shopper.see("/product/milk-jug/"))

    assert "£24.00" in page
    assert "Only 1 left" in page
    assert "Put in the basket" in page


def test_a_sold_out_product_cannot_be_picked(shopper: Shopper) -> None:
    page = words(shopper.see("/product/brass-lamp/"))

    assert "Sold out" in page
    assert "Put in the basket" not in page


@pytest.mark.parametrize("_address", ["/product/unicorn/", "/category/unicorns/", "/unicorn/", "/orders/x/"])
def test_an_unknown_address_gets_the_shops_own_page(_address: str, shopper: Shopper) -> None:
    page = shopper.see(_address)

    assert shopper.status == 404
    assert "This page has wandered off." in words(page)


def test_a_withdrawn_product_is_gone(shopper: Shopper) -> None:
    catalog.withdraw_product(sku="BOWL")
    drain()

    shopper.see("/product/stoneware-bowl/")

    assert shopper.status == 404
