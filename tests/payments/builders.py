"""Payments, valid by default."""

from uuid import UUID, uuid4

from django.db import transaction

from eventbus import Record
from payments.models import Payment
from payments.money import Money
from payments.services import charge_account, request_payment
from tests.fixtures.sandbox import Sandbox

PRICE = Money(1234, "GBP")
NOTHING = Money.zero("GBP")


def a_card_payment(card_token: str = "tok_visa", amount: Money = PRICE) -> UUID:
    """The id of an order that is to be paid by card."""
    order_id = uuid4()
    request_payment(order_id=order_id, amount=amount, method="card", card_token=card_token)
    return order_id


def an_account_payment(amount: Money = PRICE, *, charged: bool = False) -> UUID:
    """The id of an order on account."""
    order_id = uuid4()
    request_payment(order_id=order_id, amount=amount, method="account")
    if charged:
        charge_account(order_id=order_id)
    return order_id


def payment_for(order_id: UUID) -> Payment:
    """The order's payment as it is now."""
    return Payment.objects.get(order_id=order_id)


def ledger_of(order_id: UUID) -> list[tuple[str, int]]:
    """What the order's ledger says, in order."""
    return list(payment_for(order_id).entries.values_list("kind", "amount"))


def at_processor(sandbox: Sandbox, order_id: UUID) -> tuple[str, int]:
    """The processor's own word on the order's payment: its status and the money it holds."""
    charge = sandbox.get(f"/v1/charges/{payment_for(order_id).id}")["charge"]
    return charge["status"], charge["captured"] - charge["refunded"]


def settle(record: Record | None) -> None:
    """Settle a delivery as the bus does: one transaction with what the handler left to record."""
    if record is not None:
        with transaction.atomic():
            record()
