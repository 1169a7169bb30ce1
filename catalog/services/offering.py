"""Shelves, and what is offered on them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from django.db import transaction
from django.utils.text import slugify

from catalog.errors import InvalidPrice, SkuTaken, UnknownCategory
from catalog.events import (
    AttributesChanged,
    ProductAdded,
    ProductDescribed,
    ProductMoved,
    ProductRelisted,
    ProductWithdrawn,
)
from catalog.models import Category, Product, ProductPicture
from catalog.queries import Picture, known_skus
from catalog.services.distinguishing import tidy
from catalog.services.holding import product_to_change
from eventbus import current_time, publish
from payments.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to be offered; without a slug it gets one from its name.

    pictures: its gallery, where there is more to show than `picture`, which is the first of them.
    """

    sku: str
    name: str
    category_slug: str
    price: Money
    description: str = ""
    slug: str = ""
    picture: str = ""
    pictures: tuple[Picture, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


def add_category(*, slug: str, name: str, position: int = 0) -> None:
    """Put up a shelf; harmless when it stands already."""
    Category.objects.get_or_create(slug=slug, defaults={"name": name, "position": position})


@transaction.atomic
def rename_category(*, slug: str, name: str) -> None:
    """Call a category something else; its address stays."""
    category = _categories({slug})[slug]
    if category.name == name:
        return
    category.name = name
    category.save(update_fields=["name"])
    skus = category.products.order_by("sku").values_list("sku", flat=True)
    publish(*(ProductMoved(sku=sku, category_slug=slug, category_name=name) for sku in skus))


def add_product(*, product: NewProduct) -> None:
    """Offer a product."""
    add_products([product])


@transaction.atomic
def add_products(products: Sequence[NewProduct]) -> None:
    """Offer many products at once: one INSERT, one publication. All of them, or none."""
    if not products:
        return
    _refuse_taken(products)
    categories = _categories({product.category_slug for product in products})
    slugs = _free_slugs(products)
    rows = [_row(product, categories[product.category_slug], slugs[product.sku]) for product in products]
    Product.objects.bulk_create(rows)
    ProductPicture.objects.bulk_create(
        picture for row, product in zip(rows, products, strict=True) for picture in _pictures(row, product)
    )
    publish(*(_added(row) for row in rows), *(_distinguished(row) for row in rows if row.attributes))


@transaction.atomic
def describe_product(*, sku: str, name: str, description: str, picture: str | None = None) -> None:
    """Call, describe and picture a product anew; its address stays, and without a picture so does that."""
    product = product_to_change(sku)
    wanted = name, description, product.picture if picture is None else picture
    if wanted == (product.name, product.description, product.picture):
        return
    product.name, product.description, product.picture = wanted
    product.save(update_fields=["name", "description", "picture"])
    publish(ProductDescribed(sku=sku, name=name, description=description, picture=product.picture))


@transaction.atomic
def move_product(*, sku: str, category_slug: str) -> None:
    """Put a product into another category; harmless where it is already."""
    product, category = product_to_change(sku), _categories({category_slug})[category_slug]
    if product.category_id == category.pk:
        return
    product.category = category
    product.save(update_fields=["category"])
    publish(ProductMoved(sku=sku, category_slug=category.slug, category_name=category.name))


@transaction.atomic
def withdraw_product(*, sku: str) -> None:
    """Offer a product no longer; harmless when it is not offered."""
    if Product.objects.filter(sku=product_to_change(sku).sku, is_published=True).update(is_published=False):
        publish(ProductWithdrawn(sku=sku))


@transaction.atomic
def relist_product(*, sku: str) -> None:
    """Offer a withdrawn product again; harmless when it is offered."""
    if Product.objects.filter(sku=product_to_change(sku).sku, is_published=False).update(is_published=True):
        publish(ProductRelisted(sku=sku))


def _categories(slugs: set[str]) -> dict[str, Category]:
    """The categories, locked: none is renamed while a product that takes its name on is not yet there."""
    locked = Category.objects.select_for_update(no_key=True).filter(slug__in=slugs)
    found = {category.slug: category for category in locked}
    for slug in slugs:
        if slug not in found:
            raise UnknownCategory(slug)
    return found


def _refuse_taken(products: Sequence[NewProduct]) -> None:
    for product in products:
        if product.price.amount < 0:
            raise InvalidPrice(product.sku, product.price)
    skus = [product.sku for product in products]
    taken = known_skus(skus) | {sku for sku, times in Counter(skus).items() if times > 1}
    if taken:
        raise SkuTaken(sorted(taken))


def _free_slugs(products: Sequence[NewProduct]) -> dict[str, str]:
    wanted = {product.sku: product.slug or slugify(product.name)[:80] for product in products}
    # A slug has room for 120: half of one and a long SKU leave some for a number behind them.
    longer = {sku: f"{slug[:50]}-{slugify(sku)}".strip("-") for sku, slug in wanted.items()}
    either = [*wanted.values(), *longer.values()]
    taken = set(Product.objects.filter(slug__in=either).values_list("slug", flat=True))
    slugs = {}
    for sku, slug in wanted.items():
        slugs[sku] = next(choice for choice in _choices(slug, longer[sku]) if choice not in taken)
        taken.add(slugs[sku])
    return slugs


def _choices(wanted: str, longer: str) -> Iterator[str]:
    # SKUs that differ only by case share even the longer one.
    yield from filter(None, (wanted, longer))
    yield from (f"{longer}-{number}" for number in count(2))


def _row(product: NewProduct, category: Category, slug: str) -> Product:
    return Product(
        sku=product.sku,
        slug=slug,
        name=product.name,
        description=product.description,
        category=category,
        price_amount=product.price.amount,
        currency=product.price.currency,
        picture=product.picture,
        attributes=tidy(product.attributes),
    )


def _pictures(row: Product, product: NewProduct) -> Iterator[ProductPicture]:
    for position, each in enumerate(product.pictures, start=1):
        yield ProductPicture(
            product=row,
            path=each.path,
            width=each.width,
            height=each.height,
            alt=each.alt,
            position=position,
            added_at=current_time(),
        )


def _added(row: Product) -> ProductAdded:
    return ProductAdded(
        sku=row.sku,
        name=row.name,
        slug=row.slug,
        description=row.description,
        category_slug=row.category.slug,
        category_name=row.category.name,
        price=row.price,
        picture=row.picture,
    )


def _distinguished(row: Product) -> AttributesChanged:
    return AttributesChanged(sku=row.sku, attributes=row.attributes)
