"""What orders refuses, one class each, with the sentence a person can read."""

from uuid import UUID

from payments.money import Money


class OrdersError(Exception):
    """A request that orders refuses."""


class CartNotFound(OrdersError):
    """The cart does not exist."""

    def __init__(self, cart_id: UUID) -> None:
        self.cart_id = cart_id
        super().__init__("This cart does not exist any more.")


class CartIsEmpty(OrdersError):
    """A cart without lines cannot be ordered."""

    def __init__(self, cart_id: UUID) -> None:
        self.cart_id = cart_id
        super().__init__("Your cart is empty.")


class CartAlreadyOrdered(OrdersError):
    """The cart has become an order and cannot be changed."""

    def __init__(self, cart_id: UUID, order_id: UUID) -> None:
        self.cart_id, self.order_id = cart_id, order_id
        super().__init__("This cart has already been ordered.")


class NotForSale(OrdersError):
    """The catalogue does not sell this article, or no longer."""

    def __init__(self, sku: str, title: str = "") -> None:
        self.sku = sku
        super().__init__(f"{title or sku} is not for sale any more.")


class QuantityRefused(OrdersError):
    """The quantity is outside what one cart may hold."""

    def __init__(self, quantity: int, most: int) -> None:
        self.quantity, self.most = quantity, most
        super().__init__(f"Please choose a quantity between 1 and {most}.")


class TotalChanged(OrdersError):
    """The price has moved since the shopper last saw the total."""

    def __init__(self, expected: Money, actual: Money) -> None:
        self.expected, self.actual = expected, actual
        super().__init__(
            f"The total has changed from {expected} to {actual}. Please look again before you order."
        )


class OrderNotFound(OrdersError):
    """No order has this id."""

    def __init__(self, order_id: UUID) -> None:
        self.order_id = order_id
        super().__init__(f"There is no order {order_id}.")


class TransitionRefused(OrdersError):
    """The order's state does not allow this step."""

    def __init__(self, order_id: UUID, state: str, event: str, allowed: tuple[str, ...]) -> None:
        self.order_id, self.state, self.event, self.allowed = order_id, state, event, allowed
        nexts = ", ".join(allowed) or "nothing"
        super().__init__(f"Order {order_id} is {state or 'new'}: {event} cannot follow; allowed: {nexts}.")


class LinkNotValid(OrdersError):
    """The link to an order was cut short or changed."""

    def __init__(self) -> None:
        super().__init__("This link is not valid. Please open it exactly as it stands in your mail.")


class ParcelRefused(OrdersError):
    """The carrier will not take the parcel."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The carrier refused the parcel: {reason}")
