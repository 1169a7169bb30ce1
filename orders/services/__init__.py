"""The verbs of orders: keyword-only, one transaction each, announcing what they did."""

from orders.services.carts import add_to_cart, change_quantity, create_cart, remove_line
from orders.services.folding import fold_order, rebuild_order
from orders.services.fulfilling import cancel_order, confirm_order, record_return, ship_order
from orders.services.links import order_link, order_token
from orders.services.notifying import notify, notify_customer
from orders.services.placing import place_order, place_order_on_account
from orders.services.shipping import cancel_shipment, schedule_shipment

__all__ = [
    "add_to_cart",
    "cancel_order",
    "cancel_shipment",
    "change_quantity",
    "confirm_order",
    "create_cart",
    "fold_order",
    "notify",
    "notify_customer",
    "order_link",
    "order_token",
    "place_order",
    "place_order_on_account",
    "rebuild_order",
    "record_return",
    "remove_line",
    "schedule_shipment",
    "ship_order",
]
