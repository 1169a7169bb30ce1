"""What may follow what: the table of the Order, with its guards by name.

`docs/order-states.md` is drawn from it by `manage.py order_states`. A new event passes the table and its
guards (`accept`) before it is published; one that is in the log is a fact, and only folded (`evolve`).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, NamedTuple

from eventbus import Event
from orders.errors import (
    CancellationAlreadyRequested,
    MixedCurrencies,
    MoreThanArrived,
    MoreThanShipped,
    NothingReturned,
    OrderAlreadyOwned,
    QuantityRefused,
    RefundAlreadyGranted,
    RefundRefused,
    ReturnAlreadyKnown,
    ReturnAlreadySettled,
    ReturnNotFound,
    SumsDiffer,
    TotalRefused,
    TransitionRefused,
)
from orders.events import (
    CancellationRequested,
    OrderCancelled,
    OrderClaimed,
    OrderConfirmed,
    OrderPlaced,
    OrderShipped,
    RefundGranted,
    ReturnLine,
    ReturnReceived,
    ReturnRefused,
    ReturnRequested,
)
from orders.models.state import OrderEvent, OrderState, changed, placed
from payments.money import Money

Guard = Callable[[Any, Any], None]
MOST_UNITS, HIGHEST_TOTAL = 2**31 - 1, 10**12


def whole_quantities(_: None, event: OrderPlaced) -> None:
    """Every line is for at least one piece, and no more than a shelf can count."""
    for line in event.lines:
        if not 1 <= line.quantity <= MOST_UNITS:
            raise QuantityRefused(line.quantity, MOST_UNITS)


def one_currency(_: None, event: OrderPlaced) -> None:
    """All prices of an order are in the currency of its total."""
    currencies = {line.unit_price.currency for line in event.lines}
    currencies |= {event.total.currency, event.shipping.currency}
    if len(currencies) > 1:
        raise MixedCurrencies(currencies)


def within_reason(_: None, event: OrderPlaced) -> None:
    """A total is neither below nothing nor absurd."""
    if not 0 <= event.total.amount <= HIGHEST_TOTAL:
        raise TotalRefused(event.total, HIGHEST_TOTAL)


def adds_up(_: None, event: OrderPlaced) -> None:
    """The lines and their delivery come to the total."""
    goods = sum(line.unit_price.amount * line.quantity for line in event.lines)
    if goods + event.shipping.amount != event.total.amount:
        raise SumsDiffer(event.total, Money(goods + event.shipping.amount, event.total.currency))


def not_requested_before(order: OrderState, event: CancellationRequested) -> None:
    """An order is called off once."""
    if order.cancellation_requested_at:
        raise CancellationAlreadyRequested(order.order_id)


def return_is_new(order: OrderState, event: ReturnRequested) -> None:
    """A return is asked for once."""
    if order.return_of(event.return_id):
        raise ReturnAlreadyKnown(event.return_id)


def return_is_not_settled(order: OrderState, event: ReturnReceived) -> None:
    """What comes back was asked for, or comes unasked; it was not received or refused before."""
    known = order.return_of(event.return_id)
    if known and known.state != "requested":
        raise ReturnAlreadySettled(event.return_id, known.state)


def return_is_open(order: OrderState, event: ReturnRefused) -> None:
    """Only a return that was asked for can be refused, and once."""
    known = order.return_of(event.return_id)
    if known is None:
        raise ReturnNotFound(order.order_id, event.return_id)
    if known.state != "requested":
        raise ReturnAlreadySettled(event.return_id, known.state)


def some_goods(order: OrderState, event: ReturnRequested | ReturnReceived) -> None:
    """A return has at least one piece."""
    if not event.lines:
        raise NothingReturned


def within_what_was_shipped(
    order: OrderState, event: ReturnRequested | ReturnReceived | RefundGranted
) -> None:
    """No piece comes back, or is paid back, twice; what arrives may differ from what was asked for."""
    this = None if isinstance(event, RefundGranted) else event.return_id
    left = order.returnable_besides(this)
    for sku, wanted in _per_sku(event.lines).items():
        if wanted > left.get(sku, 0):
            raise MoreThanShipped(sku, wanted, left.get(sku, 0))


def restock_within_what_arrived(order: OrderState, event: ReturnReceived) -> None:
    """Only what arrived can be sold again."""
    arrived = _per_sku(event.lines)
    for sku, restock in _per_sku(event.restock).items():
        if restock > arrived[sku]:
            raise MoreThanArrived(sku, restock, arrived[sku])


def refund_is_new(order: OrderState, event: RefundGranted) -> None:
    """A refund is granted once."""
    if any(refund.refund_id == event.refund_id for refund in order.refunds):
        raise RefundAlreadyGranted(event.refund_id)


def within_what_was_paid(order: OrderState, event: OrderCancelled | ReturnReceived | RefundGranted) -> None:
    """All refunds of an order together are no more than its total."""
    _within(order, event.amount if isinstance(event, RefundGranted) else event.refund)


def some_money(order: OrderState, event: RefundGranted) -> None:
    """A refund is more than nothing."""
    if event.amount.amount <= 0:
        raise RefundRefused(event.amount, order.refundable)


def belongs_to_nobody(order: OrderState, event: OrderClaimed) -> None:
    """Only a guest's order can be claimed, and once."""
    if order.customer_id is not None:
        raise OrderAlreadyOwned(order.order_id)


class Transition(NamedTuple):
    """One line of the table: in state `before` the event may happen where no guard refuses it."""

    before: str
    event: type[Event]
    after: str
    guards: tuple[Guard, ...] = ()


_STEPS = (
    Transition("", OrderPlaced, "placed", (whole_quantities, one_currency, within_reason, adds_up)),
    Transition("placed", CancellationRequested, "placed", (not_requested_before,)),
    Transition("placed", OrderConfirmed, "confirmed"),
    Transition("placed", OrderCancelled, "cancelled", (within_what_was_paid,)),
    Transition("confirmed", CancellationRequested, "confirmed", (not_requested_before,)),
    Transition("confirmed", OrderShipped, "shipped"),
    Transition("confirmed", OrderCancelled, "cancelled", (within_what_was_paid,)),
    Transition("shipped", ReturnRequested, "shipped", (return_is_new, some_goods, within_what_was_shipped)),
    Transition(
        "shipped",
        ReturnReceived,
        "shipped",
        (
            return_is_not_settled,
            some_goods,
            within_what_was_shipped,
            restock_within_what_arrived,
            within_what_was_paid,
        ),
    ),
    Transition("shipped", ReturnRefused, "shipped", (return_is_open,)),
    Transition(
        "shipped",
        RefundGranted,
        "shipped",
        (refund_is_new, some_money, within_what_was_shipped, within_what_was_paid),
    ),
)
STATES = tuple(dict.fromkeys(line.after for line in _STEPS))
TRANSITIONS = (
    *_STEPS,
    *(Transition(state, OrderClaimed, state, (belongs_to_nobody,)) for state in STATES),
)
_TABLE = {(line.before, line.event): line for line in TRANSITIONS}


def accept(state: OrderState | None, event: OrderEvent) -> OrderState:
    """The state after a new event; the table or a guard raises its own OrdersError where it is refused."""
    for guard in _line(state, event).guards:
        guard(state, event)
    return evolve(state, event)


def evolve(state: OrderState | None, event: OrderEvent) -> OrderState:
    """The state after an event; raises TransitionRefused for what the table does not list."""
    after = _line(state, event).after
    if isinstance(event, OrderPlaced):
        return placed(after, event)
    assert state is not None
    return changed(state, after, event)


def fold(events: Iterable[OrderEvent]) -> OrderState | None:
    """The state that the events add up to; None before the first."""
    return reduce(evolve, events, None)


def _line(state: OrderState | None, event: OrderEvent) -> Transition:
    before = state.state if state else ""
    line = _TABLE.get((before, type(event)))
    if line is None:
        allowed = tuple(kind.__name__ for (start, kind) in _TABLE if start == before)
        raise TransitionRefused(event.order_id, before, type(event).__name__, allowed)
    return line


def _per_sku(lines: tuple[ReturnLine, ...]) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for line in lines:
        if line.quantity < 1:
            raise NothingReturned(line.sku, line.quantity)
        pieces[line.sku] += line.quantity
    return pieces


def _within(order: OrderState, refund: Money) -> None:
    left = order.refundable
    if refund.currency != left.currency or not 0 <= refund.amount <= left.amount:
        raise RefundRefused(refund, left)
