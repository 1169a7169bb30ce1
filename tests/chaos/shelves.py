"""What is for sale in a shop that is going to suffer."""

from catalog import services as catalog
from catalog.services import NewProduct
from eventbus import drain
from inventory.events import StockLine
from inventory.services import receive_many
from payments.money import Money

PLENTY = [f"CHAOS-{number}" for number in range(1, 6)]
RARE = [f"CHAOS-RARE-{number}" for number in range(1, 6)]
UNITS_OF_PLENTY = 1_000_000
UNITS_OF_RARE = 8


def opening(sku: str) -> int:
    """How many units were on the shelf before anybody came."""
    return UNITS_OF_RARE if sku in RARE else UNITS_OF_PLENTY


def fill_shelves() -> None:
    """Offer the products and put them on the shelf; the storefront shows them when this returns."""
    catalog.add_category(slug="chaos", name="Chaos")
    price = Money(19_95, "GBP")
    offered = [
        NewProduct(sku=sku, name=sku.title(), slug=sku.lower(), category_slug="chaos", price=price)
        for sku in (*PLENTY, *RARE)
    ]
    catalog.add_products(offered)
    lines = [StockLine(sku=product.sku, quantity=opening(product.sku)) for product in offered]
    receive_many(lines=lines, reason="opening stock")
    drain()
