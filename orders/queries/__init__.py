"""What can be asked of orders."""

from orders.queries.belonging import (
    KeptAddress,
    OwnOrder,
    OwnOrders,
    address_of,
    addresses_of,
    guest_orders_of_mailbox,
    orders_of,
    own_order,
)
from orders.queries.carts import CartLineView, CartView, cart_view, units_in_cart
from orders.queries.history import Chapter, order_as_of, order_by_number, order_state, order_story
from orders.queries.progress import Step
from orders.queries.returns import Returnable, ReturnView, returnable_of, worth_of
from orders.queries.status import (
    Mail,
    OrderStatus,
    can_pay_otherwise,
    mails_about,
    order_by_token,
    order_status,
)

__all__ = [
    "CartLineView",
    "CartView",
    "Chapter",
    "KeptAddress",
    "Mail",
    "OrderStatus",
    "OwnOrder",
    "OwnOrders",
    "ReturnView",
    "Returnable",
    "Step",
    "address_of",
    "addresses_of",
    "can_pay_otherwise",
    "cart_view",
    "guest_orders_of_mailbox",
    "mails_about",
    "order_as_of",
    "order_by_number",
    "order_by_token",
    "order_state",
    "order_status",
    "order_story",
    "orders_of",
    "own_order",
    "returnable_of",
    "units_in_cart",
    "worth_of",
]
