"""A small shop with stock; every journey ends with read models that equal their rebuild."""

from collections.abc import Iterator

import pytest

from catalog import services as catalog
from catalog.projections import CatalogListing
from catalog.services import NewProduct
from eventbus.testing import assert_rebuilds, drain
from inventory import services as inventory
from orders.projections import OrderHistory, SalesByDay
from payments.money import Money
from tests.journeys.shopper import Shopper

PRODUCTS = (
    ("BOWL", "Stoneware bowl", "table", 1850, 20),
    ("JUG", "Milk jug", "table", 2400, 1),
    ("CANDLE", "Beeswax candle", "light", 950, 40),
    ("LAMP", "Brass lamp", "light", 12500, 0),
)


@pytest.fixture
def shop(bus: None, sandbox: object) -> Iterator[None]:
    """Four products on two shelves: plenty, one left, plenty, sold out."""
    catalog.add_category(slug="table", name="Table", position=1)
    catalog.add_category(slug="light", name="Light", position=2)
    for sku, name, category, price, stock in PRODUCTS:
        catalog.add_product(
            product=NewProduct(
                sku=sku,
                name=name,
                category_slug=category,
                price=Money(price, "GBP"),
                description=f"The {name.lower()} that everybody keeps.",
            )
        )
        if stock:
            inventory.receive_stock(sku=sku, quantity=stock, reason="opening stock")
    drain()
    yield
    drain()
    assert_rebuilds(CatalogListing, OrderHistory, SalesByDay)


@pytest.fixture
def shopper(shop: None) -> Shopper:
    """Somebody at the door."""
    return Shopper()
