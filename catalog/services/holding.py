"""The row of a product, kept to oneself while it changes."""

from catalog.errors import UnknownProduct
from catalog.models import Product


def product_to_change(sku: str) -> Product:
    """The product, locked until the transaction ends."""
    product = Product.objects.select_for_update().filter(sku=sku).first()
    if product is None:
        raise UnknownProduct(sku)
    return product
