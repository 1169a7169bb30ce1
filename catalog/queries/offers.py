"""What is true now: the products on offer, and the price that an order is placed at."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.models import Product
from payments.money import Money


@dataclass(frozen=True, slots=True)
class ProductForSale:
    """A product on offer, at the price that holds now."""

    sku: str
    name: str
    slug: str
    price: Money
    picture: str


def product_for_sale(sku: str) -> ProductForSale | None:
    """The product and the price that holds now; None when it is not offered."""
    return products_for_sale([sku]).get(sku)


def products_for_sale(skus: Iterable[str]) -> dict[str, ProductForSale]:
    """Those of these SKUs that are on offer, at the prices that hold now."""
    offered = Product.objects.filter(sku__in=list(skus), is_published=True)
    return {
        product.sku: ProductForSale(product.sku, product.name, product.slug, product.price, product.picture)
        for product in offered
    }


def known_skus(skus: Iterable[str]) -> set[str]:
    """Those of these SKUs that name a product, offered or withdrawn."""
    return set(Product.objects.filter(sku__in=list(skus)).values_list("sku", flat=True))
