"""What orders does when a message arrives."""

from orders.handlers.letters import send_mail, send_mail_again, warn_of_low_stock
from orders.handlers.returns import pay_back_what_came_back, pay_back_what_was_granted, put_back_on_the_shelf
from orders.handlers.staff import keep_return_task
from orders.handlers.steps import cancel_order, cancel_shipment, confirm_order, schedule_shipment, ship_order

__all__ = [
    "cancel_order",
    "cancel_shipment",
    "confirm_order",
    "keep_return_task",
    "pay_back_what_came_back",
    "pay_back_what_was_granted",
    "put_back_on_the_shelf",
    "schedule_shipment",
    "send_mail",
    "send_mail_again",
    "ship_order",
    "warn_of_low_stock",
]
