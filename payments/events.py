"""Facts this room publishes."""

from datetime import datetime
from uuid import UUID

from eventbus import Event
from payments.money import Money


class PaymentRequested(Event, name="payments.payment_requested", version=1, key="order_id"):
    """This is due for an order, by this card or on account: said where payments are made by another process.

    What was asked for before, for the same order, is given up for it.
    """

    order_id: UUID
    payment_id: UUID
    amount: Money
    method: str
    card_token: str
    return_url: str
    requested_at: datetime


class PaymentChallenged(Event, name="payments.payment_challenged", version=1, key="order_id"):
    """The bank wants the shopper to confirm the payment; nothing is taken before they have."""

    order_id: UUID
    payment_id: UUID
    challenge_url: str = ""


class PaymentAuthorised(Event, name="payments.payment_authorised", version=1, key="order_id"):
    """The shopper has confirmed: the money is set aside for us, and still to be captured."""

    order_id: UUID
    payment_id: UUID
    amount: Money


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
    """Money that had been announced as captured was given back, all or a part; `refund_id` says for what.

    Without one it was given back because the whole payment was cancelled.
    """

    order_id: UUID
    payment_id: UUID
    amount: Money
    reference: str
    refund_id: UUID | None = None


class PaymentCancelled(Event, name="payments.payment_cancelled", version=1, key="order_id"):
    """No money is held for the order, and none will be."""

    order_id: UUID
    payment_id: UUID


class PaymentDuplicated(Event, name="payments.payment_duplicated", version=1, key="order_id"):
    """A second payment arrived for an order that is paid; it is given back, and staff should know."""

    order_id: UUID
    payment_id: UUID
    amount: Money


class RefundFailed(Event, name="payments.refund_failed", version=1, key="order_id"):
    """A refund could not be made, and asking again will not help: a person has to."""

    order_id: UUID
    refund_id: UUID
    amount: Money
    reason: str


class AccountCredited(Event, name="payments.account_credited", version=1, key="credit_id"):
    """A customer's account was credited, by a credit note rather than by an order's refund."""

    credit_id: UUID
    customer_reference: str
    amount: Money
    reason: str
