"""What each verb does to the products, and what it announces."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog import services
from catalog.errors import InvalidAttributes, InvalidPrice, SkuTaken, UnknownCategory, UnknownProduct
from catalog.events import (
    AttributesChanged,
    PriceChanged,
    ProductAdded,
    ProductDescribed,
    ProductMoved,
    ProductRelisted,
    ProductWithdrawn,
)
from catalog.models import Product
from catalog.queries import known_skus, product_for_sale, product_records, products_for_sale
from eventbus.testing import published
from payments.money import Money
from tests.catalog.builders import a_product, offered
from tests.orders.test_cancelling import wait_until_somebody_waits

pytestmark = pytest.mark.django_db


def test_an_added_product_is_on_offer_and_announced() -> None:
    with published() as events:
        offered(a_product())

    assert events == [
        ProductAdded(
            sku="MUG",
            name="Stoneware mug",
            slug="stoneware-mug",
            description="Holds a good half pint.",
            category_slug="kitchen",
            category_name="Kitchen",
            price=Money(1200, "GBP"),
            picture="catalog/products/mug.svg",
        )
    ]
    mug = product_for_sale("MUG")
    assert mug is not None
    assert (mug.name, mug.price, mug.slug) == ("Stoneware mug", Money(1200, "GBP"), "stoneware-mug")


def test_four_thousand_products_take_as_many_statements_as_one() -> None:
    many = [a_product(f"SKU-{n}", f"Thing {n}") for n in range(4000)]
    offered(a_product())

    with CaptureQueriesContext(connection) as queries:
        services.add_products(many)

    # Savepoint, SKUs taken, categories, slugs taken, INSERT in its own savepoint, publication, release.
    assert len(queries) == 7
    assert Product.objects.count() == 4001


def test_products_of_one_name_get_addresses_of_their_own() -> None:
    offered(a_product("MUG-1"), a_product("MUG-2"))
    offered(a_product("MUG-3"))

    slugs = Product.objects.order_by("sku").values_list("slug", flat=True)
    assert list(slugs) == ["stoneware-mug", "stoneware-mug-mug-2", "stoneware-mug-mug-3"]


def test_skus_that_differ_only_by_case_get_addresses_of_their_own() -> None:
    offered(a_product("MUG-1"), a_product("MUG-2"), a_product("mug-2"))

    slugs = Product.objects.order_by("slug").values_list("slug", flat=True)
    assert list(slugs) == ["stoneware-mug", "stoneware-mug-mug-2", "stoneware-mug-mug-2-2"]


def test_a_sku_names_one_product_for_ever() -> None:
    offered(a_product())

    with pytest.raises(SkuTaken, match=r"^Already taken: MUG\.$"):
        services.add_products([a_product("BOWL", "Bowl"), a_product()])
    with pytest.raises(SkuTaken, match="CUP"):
        services.add_products([a_product("CUP", "Cup"), a_product("CUP", "Other cup")])

    assert known_skus(["MUG", "BOWL", "CUP"]) == {"MUG"}


def test_a_product_needs_a_category_that_exists_and_a_price_that_can_be_asked() -> None:
    with pytest.raises(UnknownCategory, match="attic"):
        services.add_product(product=a_product(category="attic"))
    with pytest.raises(InvalidPrice, match=r"-£1\.00"):
        services.add_product(product=a_product(pounds=-1))


def test_a_new_price_holds_at_once_and_is_announced_once() -> None:
    offered(a_product())

    with published() as events:
        services.change_price(sku="MUG", price=Money(999, "GBP"))
        services.change_price(sku="MUG", price=Money(999, "GBP"))

    assert products_for_sale(["MUG"])["MUG"].price == Money(999, "GBP")
    assert events == [PriceChanged(sku="MUG", price=Money(999, "GBP"))]


def test_a_product_is_described_anew_and_keeps_its_address() -> None:
    offered(a_product())

    with published() as events:
        for _ in range(2):
            services.describe_product(sku="MUG", name="Big mug", description="A pint.", picture="big.svg")
        services.describe_product(sku="MUG", name="Big mug", description="A pint.")

    assert events == [ProductDescribed(sku="MUG", name="Big mug", description="A pint.", picture="big.svg")]
    assert Product.objects.values_list("name", "slug").get() == ("Big mug", "stoneware-mug")


def test_a_product_moves_and_a_category_is_renamed_for_all_its_products() -> None:
    offered(a_product(), a_product("POT", "Pot", category="garden"))

    with published() as events:
        for _ in range(2):
            services.move_product(sku="MUG", category_slug="garden")
        services.rename_category(slug="garden", name="Out of doors")

    assert events == [
        ProductMoved(sku="MUG", category_slug="garden", category_name="Garden"),
        ProductMoved(sku="MUG", category_slug="garden", category_name="Out of doors"),
        ProductMoved(sku="POT", category_slug="garden", category_name="Out of doors"),
    ]


def test_attributes_are_tidied_and_announced_once() -> None:
    offered(a_product())

    with published() as events:
        for colour in ("Moss  Green", "moss green "):
            services.change_attributes(sku="MUG", attributes={" Colour": colour})

    assert events == [AttributesChanged(sku="MUG", attributes={"colour": "moss green"})]
    assert product_records(["MUG"])["MUG"].attributes == {"colour": "moss green"}


@pytest.mark.parametrize(
    "attributes", [{"": "a"}, {"a": " "}, {"a:b": "c"}, {"a\0": "b"}, {"a" * 31: "b"}, {"a": "b" * 61}]
)
def test_attributes_that_cannot_be_are_refused(attributes: dict[str, str]) -> None:
    offered(a_product())

    with pytest.raises(InvalidAttributes):
        services.change_attributes(sku="MUG", attributes=attributes)
    with pytest.raises(InvalidAttributes):
        services.add_product(product=replace(a_product("CUP", "Cup"), attributes=attributes))

    assert known_skus(["MUG", "CUP"]) == {"MUG"}


def test_a_withdrawn_product_is_not_for_sale_until_it_is_offered_again() -> None:
    offered(a_product())

    with published() as events:
        services.withdraw_product(sku="MUG")
        services.withdraw_product(sku="MUG")
        withdrawn = product_for_sale("MUG")
        services.relist_product(sku="MUG")

    assert withdrawn is None
    assert product_for_sale("MUG") is not None
    assert events == [ProductWithdrawn(sku="MUG"), ProductRelisted(sku="MUG")]


def test_an_unknown_product_is_refused_by_name() -> None:
    with pytest.raises(UnknownProduct, match="No product has the SKU GHOST"):
        services.withdraw_product(sku="GHOST")


@pytest.mark.django_db(transaction=True)
def test_a_product_that_comes_while_its_category_is_renamed_takes_the_new_name() -> None:
    offered(a_product())

    def elsewhere(act: Callable[[], None]) -> None:
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool, published() as events:
        with transaction.atomic():
            services.rename_category(slug="garden", name="Out of doors")
            move = pool.submit(elsewhere, lambda: services.move_product(sku="MUG", category_slug="garden"))
            wait_until_somebody_waits()
        move.result(30)

    assert events == [ProductMoved(sku="MUG", category_slug="garden", category_name="Out of doors")]
