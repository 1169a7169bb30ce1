"""The pages of carts and orders; each view parses, calls one service or query, and renders."""

from orders.views.order import another_card, cancel, mails, return_goods, returned_from_bank, status
from orders.views.shopping import add_to_cart, basket, cart, change_cart, checkout

__all__ = [
    "add_to_cart",
    "another_card",
    "basket",
    "cancel",
    "cart",
    "change_cart",
    "checkout",
    "mails",
    "return_goods",
    "returned_from_bank",
    "status",
]
