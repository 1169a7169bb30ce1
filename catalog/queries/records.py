"""Products as staff keep them: offered or not, with all that can be changed of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from catalog.models import Product
from payments.money import Money

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """One product, as it is now."""

    sku: str
    name: str
    category_slug: str
    price: Money
    description: str
    picture: str
    is_published: bool
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def seen(self) -> str:
        """Stands for all of it: another one as soon as anything has changed."""
        return sha256(repr(self).encode()).hexdigest()[:32]


def product_records(skus: Iterable[str]) -> dict[str, ProductRecord]:
    """Those of these SKUs that name a product."""
    found = Product.objects.filter(sku__in=list(skus)).select_related("category")
    return {product.sku: _record(product) for product in found}


def every_product_record() -> Iterator[ProductRecord]:
    """All products, by SKU, read as they are asked for."""
    products = Product.objects.select_related("category").order_by("sku")
    return map(_record, products.iterator(chunk_size=CHUNK))


def _record(product: Product) -> ProductRecord:
    return ProductRecord(
        sku=product.sku,
        name=product.name,
        category_slug=product.category.slug,
        price=product.price,
        description=product.description,
        picture=product.picture,
        is_published=product.is_published,
        attributes=product.attributes,
    )
