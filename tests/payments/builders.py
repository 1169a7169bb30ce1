"""Payments, valid by default."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import httpx
from django.db import connections, transaction
from django.utils import timezone

from eventbus import Command, Event, Record, send
from eventbus.testing import drain
from payments.gateways import Charge, Refunded
from payments.gateways.port import Status
from payments.models import Payment, PaymentEntry
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
    """What the ledger of the order's current payment says, in order."""
    return entries_of(payment_for(order_id).id)


def entries_of(payment_id: UUID) -> list[tuple[str, int]]:
    """What one payment's ledger says, in order."""
    entries = PaymentEntry.objects.filter(payment_id=payment_id).order_by("pk")
    return list(entries.values_list("kind", "amount"))


def at_processor(sandbox: Sandbox, order_id: UUID) -> tuple[str, int]:
    """The processor's own word on the order's current payment: its status and the money it holds."""
    return held_for(sandbox, payment_for(order_id).id)


def held_for(sandbox: Sandbox, payment_id: UUID) -> tuple[str, int]:
    """The processor's own word on one payment: its status and the money it holds."""
    charge = sandbox.get(f"/v1/charges/{payment_id}")["charge"]
    return charge["status"], charge["captured"] - charge["refunded"]


def answer_bank(payment: Payment, button: str) -> None:
    """Press "confirm" or "refuse" on the page of the shopper's bank, as the payment's link leads there."""
    httpx.post(payment.challenge_url, data={"answer": button}, trust_env=False)


def ask(*commands: Command) -> None:
    """Send commands as a saga does, and deliver them, with no time passing for a second try."""
    with transaction.atomic():
        send(*commands)
    drain(timezone.now())


def facts(messages: Iterable[object]) -> list[Event]:
    """The events among the messages."""
    return [message for message in messages if isinstance(message, Event)]


def finish(record: Record | None) -> None:
    """Settle a delivery as the bus does: one transaction with what the handler left to record."""
    if record is not None:
        with transaction.atomic():
            record()


def at_once(*actions: Callable[[], Any]) -> list[Any]:
    """Run the actions at the same moment, each on its own connection; their results or exceptions."""
    start = Barrier(len(actions))

    def run(action: Callable[[], Any]) -> Any:
        start.wait()
        try:
            with transaction.atomic():
                return action()
        except Exception as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))
