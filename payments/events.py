"""Facts this room publishes."""

from uuid import UUID

from eventbus import Event
from payments.money import Money


class PaymentCaptured(Event, name="payments.payment_captured", version=1, key="order_id"):
    """The order's money is ours: taken from the card, or charged to the customer's account."""

    order_id: UUID
    payment_id: UUID
    amount: Money
    method: str


class PaymentDeclined(Event, name="payments.payment_declined", version=1, key="order_id"):
    """The card was refused: `reason` is the processor's code, `message` is for the shopper."""

    order_id: UUID
    payment_id: UUID
    reason: str
    message: str


class PaymentRefunded(Event, name="payments.payment_refunded", version=1, key="order_id"):
    """Money that had been announced as captured was given back."""

    order_id: UUID
    payment_id: UUID
    amount: Money
    reference: str


class PaymentCancelled(Event, name="payments.payment_cancelled", version=1, key="order_id"):
    """No money is held for the order, and none will be."""

    order_id: UUID
    payment_id: UUID


class AccountCredited(Event, name="payments.account_credited", version=1, key="credit_id"):
    """A customer's account was credited, by a credit note rather than by an order's refund."""

    credit_id: UUID
    customer_reference: str
    amount: Money
    reason: str
