"""A product's pictures: what is uploaded is looked at, drawn anew, and named by chance."""

from collections.abc import Sequence
from typing import IO
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from catalog import images
from catalog.errors import UnknownPicture
from catalog.events import ProductDescribed
from catalog.models import Product, ProductPicture
from catalog.services.holding import product_to_change
from eventbus import current_time, publish


def add_picture(*, sku: str, file: IO[bytes], alt: str = "", by: str = "") -> UUID:
    """Show another picture of a product, behind those it has; raises NotAPicture or PictureTooLarge.

    The bytes that were sent are never kept: only what was seen in them is stored, under a name of our own.
    """
    image = images.read(file)
    # Storage may be far away, so it is written to before the transaction, not inside.
    stored = images.store(image)
    with transaction.atomic():
        product = product_to_change(sku)
        last = product.pictures.aggregate(last=Max("position"))["last"] or 0
        picture = product.pictures.create(
            path=stored.path,
            width=stored.width,
            height=stored.height,
            alt=alt,
            position=last + 1,
            added_at=current_time(),
            added_by=by,
        )
        _show_first(product)
    return picture.id


@transaction.atomic
def describe_picture(*, picture_id: UUID, alt: str) -> None:
    """Say what a picture shows, to those who cannot see it."""
    picture = _picture(picture_id)
    picture.alt = alt
    picture.save(update_fields=["alt"])


@transaction.atomic
def arrange_pictures(*, sku: str, picture_ids: Sequence[UUID]) -> None:
    """Show a product's pictures in this order; the first stands on the shelves. Others follow as they did."""
    product = product_to_change(sku)
    pictures = {picture.id: picture for picture in product.pictures.all()}
    if unknown := [each for each in picture_ids if each not in pictures]:
        raise UnknownPicture(unknown[0])
    order = [*dict.fromkeys(picture_ids), *(each for each in pictures if each not in picture_ids)]
    for position, each in enumerate(order, start=1):
        pictures[each].position = position
    ProductPicture.objects.bulk_update(pictures.values(), ["position"])
    _show_first(product)


@transaction.atomic
def remove_picture(*, picture_id: UUID) -> None:
    """Show a picture no longer. Its file stays: orders that were placed still show it."""
    picture = _picture(picture_id)
    product = product_to_change(picture.product.sku)
    picture.delete()
    _show_first(product, gone=picture.path)


def _picture(picture_id: UUID) -> ProductPicture:
    picture = ProductPicture.objects.select_related("product").filter(id=picture_id).first()
    if picture is None:
        raise UnknownPicture(picture_id)
    return picture


def _show_first(product: Product, gone: str = "") -> None:
    first = product.pictures.order_by("position", "id").first()
    path = first.path if first else ("" if product.picture == gone else product.picture)
    if path == product.picture:
        return
    product.picture = path
    product.save(update_fields=["picture"])
    publish(
        ProductDescribed(
            sku=product.sku, name=product.name, description=product.description, picture=product.picture
        )
    )
