"""The verbs of orders: keyword-only, one transaction each, announcing what they did."""

from orders.services.addresses import change_address, choose_address, remove_address, save_address
from orders.services.cancelling import request_cancellation
from orders.services.carts import CART_IN_SESSION, add_to_cart, change_quantity, create_cart, remove_line
from orders.services.claiming import BY_LINK, BY_MAILBOX, claim_order
from orders.services.desk import deliver_again, send_mail_again, write_note
from orders.services.fulfilling import cancel_order, confirm_order, record_return, ship_order
from orders.services.links import bank_return_link, cut_links, order_link, order_token
from orders.services.notifying import notify, notify_customer
from orders.services.paying import pay_with_another_card
from orders.services.placing import place_order, place_order_on_account
from orders.services.returning import grant_refund, receive_return, refuse_return, request_return
from orders.services.shipping import cancel_shipment, follow_parcels, schedule_shipment
from orders.services.tasks import close_task, close_tasks_about, open_task
from orders.services.uniting import UNITED_IN_SESSION, United, bring_basket, take_carts_apart, unite_carts

__all__ = [
    "BY_LINK",
    "BY_MAILBOX",
    "CART_IN_SESSION",
    "UNITED_IN_SESSION",
    "United",
    "add_to_cart",
    "bank_return_link",
    "bring_basket",
    "cancel_order",
    "cancel_shipment",
    "change_address",
    "change_quantity",
    "choose_address",
    "claim_order",
    "close_task",
    "close_tasks_about",
    "confirm_order",
    "create_cart",
    "cut_links",
    "deliver_again",
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
    "receive_return",
    "record_return",
    "refuse_return",
    "remove_address",
    "remove_line",
    "request_cancellation",
    "request_return",
    "save_address",
    "schedule_shipment",
    "send_mail_again",
    "ship_order",
    "take_carts_apart",
    "unite_carts",
    "write_note",
]
