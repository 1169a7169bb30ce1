"""The demo shop, as it is written in demo_products.json."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from catalog.management.pictures import Palette
from catalog.queries import Picture
from catalog.services import NewProduct
from payments.money import Money

CURRENCY = "GBP"
PICTURES = "catalog/products"
STATIC = Path(__file__).resolve().parent.parent / "static"
SIDE = 800
# A part of the same drawing: browsers show it as a picture of its own.
CLOSER = "svgView(viewBox(110,150,180,180))"
_FILE = Path(__file__).resolve().parent.parent / "demo_products.json"


class DemoPicture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is drawn, and in which colours."""

    kind: str
    main: str
    second: str
    ground: str
    pattern: str = ""

    @property
    def palette(self) -> Palette:
        """The colours to draw it in."""
        return Palette(self.main, self.second, self.ground, self.pattern)


class DemoProduct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product of the demo shop, with the units that it opens with.

    was: what it cost before it was reduced; new: it came lately.
    """

    sku: str
    name: str
    price: str
    stock: int
    picture: DemoPicture
    description: str
    was: str = ""
    new: bool = False
    attributes: dict[str, str] = {}

    @property
    def picture_path(self) -> str:
        """Where its picture is among the static files."""
        return f"{PICTURES}/{self.sku.lower()}.svg"

    def offered_in(self, category_slug: str) -> NewProduct:
        """The product as the catalogue takes it up."""
        return NewProduct(
            sku=self.sku,
            name=self.name,
            category_slug=category_slug,
            price=Money.parse(self.was or self.price, CURRENCY),
            description=self.description,
            picture=self.picture_path,
            attributes=self.attributes,
            pictures=(
                Picture(self.picture_path, SIDE, SIDE, self.name),
                Picture(f"{self.picture_path}#{CLOSER}", SIDE, SIDE, f"{self.name}, seen closer"),
            ),
        )


class DemoCategory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shelf of the demo shop."""

    slug: str
    name: str
    products: list[DemoProduct]


class DemoShop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All shelves, in their order."""

    categories: list[DemoCategory]

    @property
    def products(self) -> Iterator[DemoProduct]:
        """Every product, shelf by shelf."""
        return (product for category in self.categories for product in category.products)


def demo_shop() -> DemoShop:
    """Read the demo shop from its file."""
    return msgspec.json.decode(_FILE.read_bytes(), type=DemoShop)
