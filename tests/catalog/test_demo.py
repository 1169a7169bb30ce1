"""The demo shop: complete, drawn, and loaded once."""

from xml.etree import ElementTree

import pytest
from django.core.management import call_command

from catalog.management.demo import STATIC, DemoProduct, demo_shop
from catalog.management.pictures import Palette, draw
from catalog.projections import CatalogListing
from catalog.queries import categories_with_counts, shelf
from eventbus.testing import assert_rebuilds, drain, published
from inventory.queries import ledger_differences, stock_of

PRODUCTS = tuple(demo_shop().products)


@pytest.mark.django_db(transaction=True)
def test_the_demo_shop_is_loaded_once() -> None:
    call_command("load_demo")
    with published() as again:
        call_command("load_demo")
    drain()

    assert again == []
    assert shelf(size=100).facets.total == 60
    assert [category.products for category in categories_with_counts()] == [10] * 6
    assert shelf().facets.attributes["size"] == {"large": 13, "medium": 10, "small": 9}
    assert ledger_differences() == []
    assert_rebuilds(CatalogListing)


@pytest.mark.django_db
def test_one_is_sold_out_one_is_the_last_and_the_others_are_in_stock() -> None:
    call_command("load_demo")

    units = sorted(level.available for level in stock_of(product.sku for product in PRODUCTS).values())
    assert units[:2] == [0, 1]
    assert (units[2], units[-1]) == (12, 200)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.sku)
def test_the_picture_in_the_tree_is_the_one_that_is_drawn(product: DemoProduct) -> None:
    drawn = draw(product.picture.kind, product.picture.palette)

    assert (STATIC / product.picture_path).read_text() == drawn
    assert ElementTree.fromstring(drawn).get("viewBox") == "0 0 400 400"
    assert len(drawn) < 10_000


def test_a_drawing_that_does_not_exist_is_named() -> None:
    with pytest.raises(LookupError, match="There is no drawing of a unicorn"):
        draw("unicorn", Palette("moss", "cream", "leaf"))


def test_every_demo_product_is_described_in_two_or_three_sentences() -> None:
    sentences = {product.sku: product.description.count(".") for product in PRODUCTS}

    assert [sku for sku, count in sentences.items() if not 2 <= count <= 5] == []
    assert len({product.name for product in PRODUCTS}) == 60
