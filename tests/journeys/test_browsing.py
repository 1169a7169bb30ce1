"""Looking around: shelves, search and product pages."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog import services as catalog
from catalog.services import NewProduct
from eventbus import backdated
from eventbus.testing import drain
from inventory.services import receive_stock
from payments.money import Money
from tests.journeys.shopper import Shopper, words


def names(page: str) -> list[str]:
    return re.findall(r'<h[23]><a href="/product/[^"]+">([^<]+)</a></h[23]>', page)


def link(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    assert found
    return unescape(found[1])


def as_of(page: str) -> datetime:
    found = re.search(r'class="as-of">[^<]+<time datetime="([^"]+)"', page)
    assert found
    return datetime.fromisoformat(found[1])


def counted(page: str) -> dict[str, int]:
    boxes = re.findall(r'<input type="checkbox" id="([^"]+)".*?class="facet-count">(\d+)', page)
    return {box: int(count) for box, count in boxes}


def test_the_front_door_shows_the_shelves_and_what_is_popular(shopper: Shopper) -> None:
    page = shopper.see("/")

    assert names(page)[:4] == ["Beeswax candle", "Milk jug", "Stoneware bowl", "Brass lamp"]
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
    assert '<option value="-price" selected>' in page


def test_pages_keep_the_search_and_the_order(shopper: Shopper) -> None:
    catalog.add_products(
        [
            NewProduct(sku=f"CUP-{n}", name=f"Cup no {n:02}", category_slug="table", price=Money(n, "GBP"))
            for n in range(1, 31)
        ]
    )
    drain()

    first = shopper.see("/search/?q=cup&sort=price")
    second = shopper.see(f"/search/{link(first, 'next')}")
    again = shopper.see(f"/search/{link(second, 'prev')}")

    assert link(first, "next").startswith("?q=cup&sort=price&at=")
    assert names(second) == [f"Cup no {n}" for n in range(25, 31)]
    assert names(again) == names(first) == [f"Cup no {n:02}" for n in range(1, 25)]


@pytest.mark.parametrize("_at", ["0", "x" * 2000, "WyJwcmljZSIsZmFsc2Vd:x:y"])
def test_a_page_that_is_not_there_leads_to_the_first(_at: str, shopper: Shopper) -> None:
    page = shopper.see(f"/search/?sort=name&at={_at}")

    assert shopper.status == 200
    assert shopper.address == "/search/?sort=name"
    assert len(names(page)) == 4


def test_filters_and_their_counts_stand_on_the_page_and_in_the_address(shopper: Shopper) -> None:
    page = shopper.see("/search/?category=table&stock=1&min=20&max=30")

    assert names(page) == ["Milk jug"]
    assert counted(page) == {"in-table": 1, "stock": 1}
    assert 'name="min" value="20"' in page
    on = re.findall(r'<a class="chip" href="([^"]+)">', page)
    assert [unescape(address) for address in on] == [
        "?stock=1&min=20&max=30",
        "?category=table&stock=1",
        "?category=table&min=20&max=30",
    ]


def test_what_tells_products_apart_is_chosen_counted_and_taken_off_again(shopper: Shopper) -> None:
    catalog.change_attributes(sku="BOWL", attributes={"material": "stoneware", "colour": "moss green"})
    catalog.change_attributes(sku="JUG", attributes={"material": "stoneware", "colour": "blue"})
    drain()

    page = shopper.see("/search/?trait=material:stoneware&trait=colour:moss+green&stock=1")

    assert names(page) == ["Stoneware bowl"]
    assert counted(page) == {
        "in-table": 1,
        "colour-blue": 1,
        "colour-moss-green": 1,
        "material-stoneware": 1,
        "stock": 1,
    }
    on = re.findall(r'<a class="chip" href="([^"]+)">', page)
    assert [unescape(address) for address in on][:2] == [
        "?trait=colour%3Amoss+green&stock=1",
        "?trait=material%3Astoneware&stock=1",
    ]
    assert names(shopper.see("/search/?trait=colour:blue&trait=colour:moss+green")) == [
        "Milk jug",
        "Stoneware bowl",
    ]
    assert "Colour: moss green" in words(shopper.see("/product/stoneware-bowl/"))


def test_a_choice_is_kept_beside_an_empty_one(shopper: Shopper) -> None:
    page = shopper.see("/search/?category=table&category=&stock=1")

    on = re.findall(r'<a class="chip" href="([^"]+)">', page)
    assert [unescape(address) for address in on] == ["?stock=1", "?category=table"]


@pytest.mark.parametrize(
    "_query",
    ["min=abc", "max=-1", "min=nan", "max=1e400", "min=1e9", "category=%00", "q=%00", "sort=x", "stock=0"],
)
def test_what_makes_no_sense_is_left_out(_query: str, shopper: Shopper) -> None:
    shopper.see(f"/search/?{_query}")

    assert shopper.status == 200


def test_prices_the_wrong_way_round_are_turned(shopper: Shopper) -> None:
    assert names(shopper.see("/search/?min=30&max=20")) == ["Milk jug"]


def test_htmx_gets_the_part_that_it_swaps_in(shopper: Shopper) -> None:
    answer = shopper.client.get("/search/?q=bowl", headers={"HX-Request": "true"})

    part = answer.content.decode()
    assert "HX-Request" in answer["Vary"]
    assert "<html" not in part
    assert "<title>“bowl” · Fernhill</title>" in part
    assert all(f'id="{each}"' in part for each in ("results", "facets", "found-count"))
    assert names(part) == ["Stoneware bowl"]


def test_the_search_box_suggests_while_one_types(shopper: Shopper) -> None:
    shown = shopper.see("/search/suggest/?q=stonew")

    assert 'href="/product/stoneware-bowl/"' in shown
    assert 'href="/search/?q=stonew">See all that fits (1)</a>' in shown
    assert "href" not in shopper.see("/search/suggest/?q=s")
    assert "Nothing here is called “zzz”." in shopper.see("/search/suggest/?q=zzz")


def test_nothing_that_fits_the_filters_is_no_dead_end(shopper: Shopper) -> None:
    narrow = words(shopper.see("/search/?q=bowl&category=light"))
    nowhere = words(shopper.see("/search/?q=xylophone&category=light"))

    assert "Nothing fits all of that." in narrow
    assert "Clear all filters" in narrow
    assert "Nothing here is called “xylophone”." in nowhere


def test_a_product_page_shows_the_stock_as_it_is_though_the_listing_is_behind(shopper: Shopper) -> None:
    receive_stock(sku="LAMP", quantity=3, reason="more came")

    page = words(shopper.see("/product/brass-lamp/"))

    assert "Only 3 left" in page
    assert "Put in the basket" in page


def test_a_shelf_says_as_of_when_its_figures_are(shopper: Shopper) -> None:
    receive_stock(sku="LAMP", quantity=3, reason="more came")
    behind = as_of(shopper.see("/category/light/"))
    later = as_of(shopper.see("/category/light/"))
    drain()
    fresh = as_of(shopper.see("/category/light/"))

    assert abs(later - behind) < timedelta(seconds=0.01)
    assert fresh > later


def test_a_price_that_fell_says_honestly_what_it_was(shopper: Shopper) -> None:
    long_ago = timezone.now() - timedelta(days=60)
    with backdated(long_ago):
        catalog.add_product(
            product=NewProduct(sku="TRAY", name="Tray", category_slug="table", price=Money(3000, "GBP"))
        )
    catalog.change_price(sku="TRAY", price=Money(2500, "GBP"))
    drain()

    page = words(shopper.see("/product/tray/"))

    assert "Now £25.00 , was £30.00" in page
    assert "£30.00 was the lowest price we asked in the thirty days before" in page
    assert names(shopper.see("/search/?reduced=1")) == ["Tray"]


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/", 6),
        ("/category/table/", 5),
        ("/search/?q=bowl", 3),
        ("/search/suggest/?q=bo", 1),
        ("/product/milk-jug/", 6),
    ],
)
def test_a_page_asks_few_questions(
    address: str, queries: int, shopper: Shopper, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries):
        shopper.see(address)


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
