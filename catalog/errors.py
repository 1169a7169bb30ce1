"""What the catalogue refuses."""

from collections.abc import Iterable
from uuid import UUID

from payments.money import Money


class CatalogError(Exception):
    """The catalogue refused."""


class UnknownProduct(CatalogError):
    """No product has this SKU."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"No product has the SKU {sku}.")
        self.sku = sku


class UnknownCategory(CatalogError):
    """No category has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"No category has the slug {slug}; add the category first.")
        self.slug = slug


class SkuTaken(CatalogError):
    """A SKU names one product, for ever."""

    def __init__(self, skus: Iterable[str]) -> None:
        self.skus = tuple(skus)
        super().__init__(f"Already taken: {', '.join(self.skus)}.")


class InvalidPrice(CatalogError, ValueError):
    """A price below nothing."""

    def __init__(self, sku: str, price: Money) -> None:
        super().__init__(f"{sku}: {price} is no price to ask.")
        self.sku, self.price = sku, price


class InvalidAttributes(CatalogError, ValueError):
    """Attributes that cannot be: too many, too long, without a name or a value."""


class UnknownCursor(CatalogError, ValueError):
    """A page was asked for behind a place that no page before it has told."""

    def __init__(self, cursor: str) -> None:
        super().__init__("This cursor is of no page in this order. Please start again without one.")
        self.cursor = cursor


class UnknownPicture(CatalogError):
    """No picture has this id, or it is another product's."""

    def __init__(self, picture_id: UUID) -> None:
        super().__init__(f"There is no picture {picture_id} here.")
        self.picture_id = picture_id


class NotAPicture(CatalogError, ValueError):
    """A file was sent as a picture that cannot be read as one."""

    def __init__(self, formats: Iterable[str]) -> None:
        self.formats = tuple(formats)
        super().__init__(
            f"This file is no picture we can read. Please send one of {', '.join(self.formats)}."
        )


class PictureTooLarge(CatalogError, ValueError):
    """A picture has more bytes or pixels than are taken."""
