"""What can be asked of orders."""

from orders.queries.carts import CartLineView, CartView, cart_view
from orders.queries.progress import Step
from orders.queries.returns import worth_of
from orders.queries.status import Mail, OrderStatus, mails_about, order_by_token, order_state, order_status

__all__ = [
    "CartLineView",
    "CartView",
    "Mail",
    "OrderStatus",
    "Step",
    "cart_view",
    "mails_about",
    "order_by_token",
    "order_state",
    "order_status",
    "worth_of",
]
