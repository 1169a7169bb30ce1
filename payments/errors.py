"""Refusals, one class each."""

from uuid import UUID


class UnknownCard(ValueError):
    """The card number is none of the test cards that this shop takes."""

    def __init__(self) -> None:
        super().__init__("This shop takes test cards only. Try 4242 4242 4242 4242.")


class CardRequired(ValueError):
    """A payment by card was requested without a card."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__(f"Order {order_id} is to be paid by card, but no card was given.")
        self.order_id = order_id


class UnknownPayment(LookupError):
    """No payment of this kind was requested for the order."""

    def __init__(self, order_id: UUID, method: str) -> None:
        super().__init__(f"No payment by {method} was requested for order {order_id}.")
        self.order_id, self.method = order_id, method
