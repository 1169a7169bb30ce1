"""The verbs of the catalogue."""

from catalog.services.distinguishing import change_attributes
from catalog.services.offering import (
    NewProduct,
    add_category,
    add_product,
    add_products,
    describe_product,
    move_product,
    relist_product,
    rename_category,
    withdraw_product,
)
from catalog.services.picturing import add_picture, arrange_pictures, describe_picture, remove_picture
from catalog.services.pricing import change_price

__all__ = [
    "NewProduct",
    "add_category",
    "add_picture",
    "add_product",
    "add_products",
    "arrange_pictures",
    "change_attributes",
    "change_price",
    "describe_picture",
    "describe_product",
    "move_product",
    "relist_product",
    "remove_picture",
    "rename_category",
    "withdraw_product",
]
