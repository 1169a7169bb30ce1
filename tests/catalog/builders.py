"""Catalogue entries: valid by default, a test says only what matters to it."""

from collections.abc import Sequence

from catalog import services
from catalog.services import NewProduct
from payments.money import Money

POUND = 100


def a_product(
    sku: str = "MUG",
    name: str = "Stoneware mug",
    *,
    category: str = "kitchen",
    pounds: int = 12,
    description: str = "Holds a good half pint.",
) -> NewProduct:
    """A mug, unless the test says otherwise."""
    return NewProduct(
        sku=sku,
        name=name,
        category_slug=category,
        price=Money(pounds * POUND, "GBP"),
        description=description,
        picture=f"catalog/products/{sku.lower()}.svg",
    )


def offered(*products: NewProduct) -> Sequence[NewProduct]:
    """Offer these products, in categories that exist."""
    services.add_category(slug="kitchen", name="Kitchen", position=1)
    services.add_category(slug="garden", name="Garden", position=2)
    services.add_products(products)
    return products
