"""What can be asked of orders."""

from orders.models import OrderState
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
from orders.queries.diary import DiaryEntry
from orders.queries.figures import (
    CardFigures,
    Demand,
    MailFigures,
    Sales,
    Steps,
    approximate_orders_by_state,
    approximate_sales_by_day,
    approximate_sales_by_hour,
    approximate_steps,
    card_figures,
    currencies_sold,
    last_day_of_sales,
    mail_figures,
    most_wanted,
)
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
from orders.queries.tasks import OpenTask, open_tasks

__all__ = [
    "CardFigures",
    "CartLineView",
    "CartView",
    "Chapter",
    "Demand",
    "DiaryEntry",
    "KeptAddress",
    "Mail",
    "MailFigures",
    "OpenTask",
    "OrderState",
    "OrderStatus",
    "OwnOrder",
    "OwnOrders",
    "ReturnView",
    "Returnable",
    "Sales",
    "Step",
    "Steps",
    "address_of",
    "addresses_of",
    "approximate_orders_by_state",
    "approximate_sales_by_day",
    "approximate_sales_by_hour",
    "approximate_steps",
    "can_pay_otherwise",
    "card_figures",
    "cart_view",
    "currencies_sold",
    "guest_orders_of_mailbox",
    "last_day_of_sales",
    "mail_figures",
    "mails_about",
    "most_wanted",
    "open_tasks",
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
