"""What of an order can come back, and what it is worth then: pure functions over the order."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from orders.events import ReturnLine
from orders.models import OrderState
from payments.money import Money


@dataclass(frozen=True, slots=True)
class Returnable:
    """So many pieces of an article that can still come back."""

    sku: str
    title: str
    left: int


@dataclass(frozen=True, slots=True)
class ReturnView:
    """A return as its shopper sees it: requested, received or refused; `refund` is owed for it."""

    return_id: UUID
    state: str
    pieces: tuple[Returnable, ...]
    refund: Money | None


def returnable_of(order: OrderState, *, besides: UUID | None = None) -> tuple[Returnable, ...]:
    """What can still come back, in the order it was bought; nothing before it was sent.

    besides: a return whose own pieces count as not yet asked for, when they are about to be received.
    """
    if order.state != "shipped":
        return ()
    left = order.returnable_besides(besides)
    return tuple(Returnable(sku, title, left[sku]) for sku, title in _titles(order).items() if left[sku] > 0)


def returns_of(order: OrderState) -> tuple[ReturnView, ...]:
    """The returns of an order, the oldest first."""
    titles = _titles(order)
    return tuple(
        ReturnView(
            return_id=each.return_id,
            state=each.state,
            pieces=tuple(Returnable(line.sku, titles[line.sku], line.quantity) for line in each.lines),
            refund=each.refund,
        )
        for each in order.returns
    )


def worth_of(order: OrderState, lines: Iterable[ReturnLine], *, goods_came_back: bool = False) -> Money:
    """What is owed for these pieces, at the prices they were sold for, and no more than is left to give back.

    A SKU that was sold at several prices is given back in the order of its lines. Delivery is paid back with
    the pieces that bring the last of the order back.
    """
    wanted = _pieces(lines)
    settled = _settled(order)
    owed = sum(_prices(order, wanted, settled), Money.zero(order.total.currency))
    if goods_came_back and _all_back(order, wanted):
        owed += order.shipping
    return min(owed, order.refundable, key=lambda money: money.amount)


def _titles(order: OrderState) -> dict[str, str]:
    titles: dict[str, str] = {}
    for line in order.lines:
        titles.setdefault(line.sku, line.title)
    return titles


def _prices(order: OrderState, wanted: Counter[str], settled: Counter[str]) -> Iterator[Money]:
    skip, take = settled.copy(), wanted.copy()
    for line in order.lines:
        skipped = min(line.quantity, skip[line.sku])
        taken = min(line.quantity - skipped, take[line.sku])
        skip[line.sku] -= skipped
        take[line.sku] -= taken
        yield line.unit_price * taken


def _settled(order: OrderState) -> Counter[str]:
    pieces = Counter(order.returned)
    for refund in order.refunds:
        pieces += _pieces(refund.lines)
    return pieces


def _all_back(order: OrderState, arriving: Counter[str]) -> bool:
    return sum(order.returned.values()) + arriving.total() >= order.units


def _pieces(lines: Iterable[ReturnLine]) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for line in lines:
        pieces[line.sku] += line.quantity
    return pieces
