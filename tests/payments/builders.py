"""Payments, valid by default."""

from uuid import UUID, uuid4

from django.db import transaction

from eventbus import Record
from payments.gateways import Charge, Refunded
from payments.gateways.port import Status
from payments.models import Payment
from payments.money import Money
from payments.services import charge_account, request_payment, settle
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


def a_charge(
    status: Status = "captured",
    *,
    captured: int | None = None,
    refunded: int | None = None,
    refunds: dict[UUID, int] | None = None,
    reference: str = "ch_1",
    currency: str = "GBP",
    **more: str,
) -> Charge:
    """What a processor says of a payment over £12.34; the sums follow from the status unless given."""
    given_back = sum((refunds or {}).values()) if refunded is None else refunded
    return Charge(
        status=status,
        reference=reference,
        authorised=Money(1234 if status in {"authorised", "captured"} else 0, currency),
        captured=Money((1234 if status == "captured" else 0) if captured is None else captured, currency),
        refunded=Money(given_back, currency),
        refunds=tuple(
            Refunded(refund_id=str(refund_id), amount=Money(amount, currency))
            for refund_id, amount in (refunds or {}).items()
        ),
        **more,
    )


def a_paid_order() -> UUID:
    """The id of an order whose card was charged."""
    order_id = a_card_payment()
    settle(payment_id=payment_for(order_id).id, charge=a_charge())
    return order_id


def payment_for(order_id: UUID) -> Payment:
    """The order's current payment, as it is now."""
    return Payment.objects.get(order_id=order_id, replaced=False)


def ledger_of(order_id: UUID) -> list[tuple[str, int]]:
    """What the order's ledger says, in order."""
    return list(payment_for(order_id).entries.values_list("kind", "amount"))


def at_processor(sandbox: Sandbox, order_id: UUID) -> tuple[str, int]:
    """The processor's own word on the order's payment: its status and the money it holds."""
    charge = sandbox.get(f"/v1/charges/{payment_for(order_id).id}")["charge"]
    return charge["status"], charge["captured"] - charge["refunded"]


def finish(record: Record | None) -> None:
    """Settle a delivery as the bus does: one transaction with what the handler left to record."""
    if record is not None:
        with transaction.atomic():
            record()
