"""The tables of orders: the event-sourced Order, carts, what follows an order, and the read models."""

from orders.models.cart import MOST_PER_LINE, Cart, CartLine, delivery_charge
from orders.models.fulfilment import Notification, Return, Shipment
from orders.models.importing import SalesImport
from orders.models.numbers import is_number, new_number
from orders.models.order import LINK_SALT, TRANSITIONS, Order, OrderEvent, OrderState, evolve, fold
from orders.models.read_models import OrderHistoryRow, SalesByDayRow

__all__ = [
    "LINK_SALT",
    "MOST_PER_LINE",
    "TRANSITIONS",
    "Cart",
    "CartLine",
    "Notification",
    "Order",
    "OrderEvent",
    "OrderHistoryRow",
    "OrderState",
    "Return",
    "SalesByDayRow",
    "SalesImport",
    "Shipment",
    "delivery_charge",
    "evolve",
    "fold",
    "is_number",
    "new_number",
]
