"""What the catalogue announces about the products it offers."""

from eventbus import Event
from payments.money import Money


class ProductAdded(Event, name="catalog.product_added", version=1, key="sku"):
    """A product is offered for the first time."""

    sku: str
    name: str
    slug: str
    description: str
    category_slug: str
    category_name: str
    price: Money
    picture: str = ""


class ProductDescribed(Event, name="catalog.product_described", version=1, key="sku"):
    """A product is called, described or pictured anew; its address stays."""

    sku: str
    name: str
    description: str
    picture: str = ""


class ProductMoved(Event, name="catalog.product_moved", version=1, key="sku"):
    """A product stands in another category, or its category has another name."""

    sku: str
    category_slug: str
    category_name: str


class AttributesChanged(Event, name="catalog.attributes_changed", version=1, key="sku"):
    """What tells a product apart, such as its colour and material: all its attributes, by their names."""

    sku: str
    attributes: dict[str, str]


class PriceChanged(Event, name="catalog.price_changed", version=1, key="sku"):
    """A product costs something else from here on; orders already placed keep their price."""

    sku: str
    price: Money


class ProductWithdrawn(Event, name="catalog.product_withdrawn", version=1, key="sku"):
    """A product is no longer offered."""

    sku: str


class ProductRelisted(Event, name="catalog.product_relisted", version=1, key="sku"):
    """A withdrawn product is offered again."""

    sku: str
