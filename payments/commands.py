"""Requests this room accepts through the bus."""

from uuid import UUID

from eventbus import Command
from payments.money import Money


class CapturePayment(Command, name="payments.capture_payment", version=1, key="order_id"):
    """Take the order's money from the card."""

    order_id: UUID


class ChargeAccount(Command, name="payments.charge_account", version=1, key="order_id"):
    """Charge the order to the customer's account."""

    order_id: UUID


class CancelPayment(Command, name="payments.cancel_payment", version=1, key="order_id"):
    """See to it that no money is held for the order, whatever has happened so far.

    With a payment's id only that one of its payments: the shopper has given it up for another card, or its
    money came when the order could not use it any more.
    """

    order_id: UUID
    payment_id: UUID | None = None


class RefundPayment(Command, name="payments.refund_payment", version=1, key="order_id"):
    """Give back a part of what was captured for the order, once per refund."""

    order_id: UUID
    refund_id: UUID
    amount: Money
    reason: str


class LookUpPayment(Command, name="payments.look_up_payment", version=1, key="order_id"):
    """Ask the processor where the order's payment stands: its shopper has come back from their bank."""

    order_id: UUID


class ReadNotice(Command, name="payments.read_notice", version=1, key="notice_id"):
    """Do what a webhook in the inbox tells."""

    notice_id: UUID
