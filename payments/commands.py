"""Requests this room accepts through the bus."""

from uuid import UUID

from eventbus import Command


class CapturePayment(Command, name="payments.capture_payment", version=1, key="order_id"):
    """Take the order's money from the card."""

    order_id: UUID


class ChargeAccount(Command, name="payments.charge_account", version=1, key="order_id"):
    """Charge the order to the customer's account."""

    order_id: UUID


class CancelPayment(Command, name="payments.cancel_payment", version=1, key="order_id"):
    """See to it that no money is held for the order, whatever has happened so far."""

    order_id: UUID
