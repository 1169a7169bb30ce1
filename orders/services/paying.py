"""Paying an order that waits for its money with another card than the first."""

from uuid import UUID

from django.db import transaction

from inventory.queries import reservation_state
from orders.errors import NotWaitingForMoney
from orders.queries import can_pay_otherwise, order_state
from payments import services as payments
from payments.errors import AlreadyPaid, PaymentEnded, PaymentUnderWay, UnknownPayment
from payments.queries import payment_of


@transaction.atomic
def pay_with_another_card(*, order_id: UUID, card_token: str) -> None:
    """Give the first card up for this one; whatever still arrives from the first is given back.

    Raises OrderNotFound, and NotWaitingForMoney for an order that is paid, has ended, or still waits for its
    goods.
    """
    order = order_state(order_id)
    if not can_pay_otherwise(order, payment_of(order_id), reservation_state(order_id)):
        raise NotWaitingForMoney(order_id, order.number)
    try:
        payments.try_another_card(order_id=order_id, card_token=card_token)
    except (AlreadyPaid, PaymentEnded, PaymentUnderWay, UnknownPayment) as refusal:
        raise NotWaitingForMoney(order_id, order.number) from refusal
