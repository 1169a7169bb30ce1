"""What orders refuses, one class each, with the sentence a person can read."""

from collections.abc import Iterable
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


class NotInCart(OrdersError):
    """The cart has no line of this article."""

    def __init__(self, sku: str) -> None:
        self.sku = sku
        super().__init__(f"{sku} is not in your basket any more.")


class QuantityRefused(OrdersError):
    """The quantity is outside what one cart may hold."""

    def __init__(self, quantity: int, most: int) -> None:
        self.quantity, self.most = quantity, most
        super().__init__(f"Please choose a quantity between 1 and {most}.")


class CartFull(OrdersError):
    """A cart holds so many different articles and no more."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"A basket holds {most} different articles. Please order these first.")


class TotalChanged(OrdersError):
    """The price has moved since the shopper last saw the total."""

    def __init__(self, expected: Money, actual: Money) -> None:
        self.expected, self.actual = expected, actual
        super().__init__(
            f"The total has changed from {expected} to {actual}. Please look again before you order."
        )


class CartChanged(OrdersError):
    """The cart is not what the shopper has seen on the page they sent back."""

    def __init__(self, cart_id: UUID) -> None:
        self.cart_id = cart_id
        super().__init__(
            "Your basket has changed since you looked at it. Please look again before you order."
        )


class MixedCurrencies(OrdersError):
    """One order is paid in one currency."""

    def __init__(self, currencies: Iterable[str]) -> None:
        self.currencies = tuple(sorted(set(currencies)))
        several = " and ".join(self.currencies)
        super().__init__(f"Prices in {several} cannot be ordered together; please order them one by one.")


class NoDelivery(OrdersError):
    """No rule says what delivery there would cost."""

    def __init__(self, country: str, currency: str) -> None:
        self.country, self.currency = country, currency
        super().__init__(f"We do not deliver to {country} for {currency} yet.")


class TotalRefused(OrdersError):
    """Nobody can be meant to pay such a sum."""

    def __init__(self, total: Money, most: int) -> None:
        self.total, self.most = total, most
        limit = Money(most, total.currency)
        super().__init__(f"A total of {total} cannot be ordered: it must be between nothing and {limit}.")


class NothingToPay(OrdersError):
    """A card cannot be charged nothing."""

    def __init__(self) -> None:
        super().__init__("There is nothing to pay for this basket, so it cannot be ordered by card.")


class SumsDiffer(OrdersError):
    """The lines and their delivery do not come to the total."""

    def __init__(self, total: Money, actual: Money) -> None:
        self.total, self.actual = total, actual
        super().__init__(f"The lines and their delivery come to {actual}, not to {total}.")


class OrderNotFound(OrdersError):
    """No order has this id."""

    def __init__(self, order_id: UUID) -> None:
        self.order_id = order_id
        super().__init__(f"There is no order {order_id}.")


class OrderNumberUnknown(OrdersError):
    """No order has this number."""

    def __init__(self, number: str, *, mistyped: bool = False) -> None:
        self.number, self.mistyped = number, mistyped
        slip = " Its last character does not fit the others: it is mistyped." if mistyped else ""
        super().__init__(f"There is no order with the number {number}.{slip}")


class LinkExpired(OrdersError):
    """The link to an order is genuine, but too old, or was cut off."""

    def __init__(self) -> None:
        super().__init__("This link has expired. Please have a new one sent to you.")


class StoryArchived(OrdersError):
    """What happened to the order lies in the archive of the log."""

    def __init__(self, order_id: UUID) -> None:
        self.order_id = order_id
        super().__init__(f"What happened to order {order_id} is in the archive; how it stands can be read.")


class AddressNotFound(OrdersError):
    """The account has no such address in its book."""

    def __init__(self, address_id: UUID) -> None:
        self.address_id = address_id
        super().__init__("This address is not in your book any more.")


class AddressBookFull(OrdersError):
    """An account keeps so many addresses and no more."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"Your book holds {most} addresses. Please remove one first.")


class UnionNotFound(OrdersError):
    """No two baskets of this account were put together so."""

    def __init__(self, union_id: UUID) -> None:
        self.union_id = union_id
        super().__init__("There is nothing to undo.")


class UnionOutdated(OrdersError):
    """The cart has been changed since two were put together in it."""

    def __init__(self, union_id: UUID) -> None:
        self.union_id = union_id
        super().__init__("Your basket has changed since, so the two cannot be taken apart any more.")


class OrderAlreadyOwned(OrdersError):
    """The order belongs to an account already."""

    def __init__(self, order_id: UUID) -> None:
        self.order_id = order_id
        super().__init__("This order is in an account already.")


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


class CancellationAlreadyRequested(OrdersError):
    """The order is being called off already."""

    def __init__(self, order_id: UUID) -> None:
        self.order_id = order_id
        super().__init__("This order is already being cancelled. We write to you as soon as it is done.")


class ReturnAlreadyKnown(OrdersError):
    """A return with this id was asked for before."""

    def __init__(self, return_id: UUID) -> None:
        self.return_id = return_id
        super().__init__(f"Return {return_id} has been asked for already; a new one needs its own id.")


class ReturnAlreadySettled(OrdersError):
    """The return was received or refused before."""

    def __init__(self, return_id: UUID, state: str) -> None:
        self.return_id, self.state = return_id, state
        super().__init__(f"Return {return_id} was {state} already; nothing more can happen to it.")


class ReturnNotFound(OrdersError):
    """The order has no return with this id."""

    def __init__(self, order_id: UUID, return_id: UUID) -> None:
        self.order_id, self.return_id = order_id, return_id
        super().__init__(f"Order {order_id} has no return {return_id} that could be refused.")


class NothingReturned(OrdersError):
    """A return without goods, or with less than one of an article."""

    def __init__(self, sku: str = "", quantity: int = 0) -> None:
        self.sku, self.quantity = sku, quantity
        what = f"{quantity} of {sku} cannot come back" if sku else "Nothing was chosen"
        super().__init__(f"{what}: please choose at least one piece of what you want to return.")


class MoreThanShipped(OrdersError):
    """More pieces than the customer got and still has, or was not paid back for."""

    def __init__(self, sku: str, wanted: int, left: int) -> None:
        self.sku, self.wanted, self.left = sku, wanted, left
        super().__init__(f"{sku}: {wanted} wanted, but only {left} of this order can still come back.")


class MoreThanArrived(OrdersError):
    """More pieces to be sold again than came back."""

    def __init__(self, sku: str, restock: int, arrived: int) -> None:
        self.sku, self.restock, self.arrived = sku, restock, arrived
        super().__init__(f"{sku}: {restock} to be sold again, but only {arrived} arrived.")


class RefundRefused(OrdersError):
    """A refund below zero, in another currency, or beyond what was paid and not given back yet."""

    def __init__(self, wanted: Money, left: Money) -> None:
        self.wanted, self.left = wanted, left
        super().__init__(f"{wanted} cannot be given back: between nothing and {left} of this order is left.")


class RefundAlreadyGranted(OrdersError):
    """A refund with this id was granted before."""

    def __init__(self, refund_id: UUID) -> None:
        self.refund_id = refund_id
        super().__init__(f"Refund {refund_id} has been granted already; a new one needs its own id.")


class AlreadyShipped(OrdersError):
    """The goods have left: nothing can be called off any more."""

    def __init__(self, order_id: UUID, number: str) -> None:
        self.order_id, self.number = order_id, number
        super().__init__(
            f"Order {number} has left already and cannot be cancelled. "
            "You can send it back when it arrives, and get your money back."
        )


class NotShippedYet(OrdersError):
    """Nothing has left yet, so that nothing can come back."""

    def __init__(self, order_id: UUID, number: str, state: str) -> None:
        self.order_id, self.number, self.state = order_id, number, state
        advice = "was cancelled" if state == "cancelled" else "has not left yet: cancel it instead"
        super().__init__(f"Order {number} {advice}. Only what was sent can come back.")


class ReasonRequired(OrdersError):
    """Somebody will want to know why."""

    def __init__(self) -> None:
        super().__init__("Please say why.")


class NoteRequired(OrdersError):
    """A task is closed with a note, for whoever looks at it next."""

    def __init__(self) -> None:
        super().__init__("Please write down what was done about it.")


class MailNotFound(OrdersError):
    """No mail about this order has this id."""

    def __init__(self, notification_id: int) -> None:
        self.notification_id = notification_id
        super().__init__(f"There is no mail {notification_id} about this order.")


class MailRefused(OrdersError):
    """The mail server will never take this mail; `code` is its answer, as SMTP numbers them."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"The mail server has refused this mail for good, with {code}.")


class TaskNotFound(OrdersError):
    """No staff task has this id."""

    def __init__(self, task_id: int) -> None:
        self.task_id = task_id
        super().__init__(f"There is no task {task_id}.")


class TaskClosedAlready(OrdersError):
    """Somebody else has looked after it."""

    def __init__(self, task_id: int, closed_by: str, note: str) -> None:
        self.task_id, self.closed_by, self.note = task_id, closed_by, note
        super().__init__(f"{closed_by} has closed this task already: {note}")


class NotWaitingForMoney(OrdersError):
    """Another card was offered for an order that does not wait for one."""

    def __init__(self, order_id: UUID, number: str) -> None:
        self.order_id, self.number = order_id, number
        super().__init__(
            f"Order {number} is not waiting for a payment now, so nothing was taken from this card."
        )
