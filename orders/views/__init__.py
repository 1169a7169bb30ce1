"""The pages of carts and orders; each view parses, calls one service or query, and renders."""

from orders.views.account import (
    addresses,
    choose_address,
    claim,
    cut_links,
    edit_address,
    history,
    keep_basket,
    new_address,
    own_order,
    put_together,
    remove_address,
    take_apart,
)
from orders.views.order import another_card, cancel, mails, return_goods, returned_from_bank, status
from orders.views.shopping import add_to_cart, basket, cart, change_cart, checkout

__all__ = [
    "add_to_cart",
    "addresses",
    "another_card",
    "basket",
    "cancel",
    "cart",
    "change_cart",
    "checkout",
    "choose_address",
    "claim",
    "cut_links",
    "edit_address",
    "history",
    "keep_basket",
    "mails",
    "new_address",
    "own_order",
    "put_together",
    "remove_address",
    "return_goods",
    "returned_from_bank",
    "status",
    "take_apart",
]
