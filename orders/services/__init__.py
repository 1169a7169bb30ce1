"""The verbs of orders: keyword-only, one transaction each, announcing what they did."""

from orders.services.cancelling import request_cancellation
from orders.services.carts import add_to_cart, change_quantity, create_cart, remove_line
from orders.services.claiming import BY_LINK, BY_MAILBOX, claim_order
from orders.services.folding import fold_order, rebuild_order
from orders.services.fulfilling import cancel_order, confirm_order, record_return, ship_order
from orders.services.links import bank_return_link, order_link, order_token
from orders.services.notifying import notify, notify_customer
from orders.services.paying import pay_with_another_card
from orders.services.placing import place_order, place_order_on_account
from orders.services.returning import grant_refund, receive_return, refuse_return, request_return
from orders.services.shipping import cancel_shipment, follow_parcels, schedule_shipment
from orders.services.tasks import close_task, close_tasks_about, open_task

__all__ = [
    "BY_LINK",
    "BY_MAILBOX",
    "add_to_cart",
    "bank_return_link",
    "cancel_order",
    "cancel_shipment",
    "change_quantity",
    "claim_order",
    "close_task",
    "close_tasks_about",
    "confirm_order",
    "create_cart",
    "fold_order",
    "follow_parcels",
    "grant_refund",
    "notify",
    "notify_customer",
    "open_task",
    "order_link",
    "order_token",
    "pay_with_another_card",
    "place_order",
    "place_order_on_account",
    "rebuild_order",
    "receive_return",
    "record_return",
    "refuse_return",
    "remove_line",
    "request_cancellation",
    "request_return",
    "schedule_shipment",
    "ship_order",
]
