"""A shop that trades while its bus delivers at random: a batch, all of it, twice, or not at all."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from msgspec.structs import replace

from catalog.models import CatalogListingRow
from catalog.projections import CatalogListing
from eventbus import Projection, backdated, subscriptions
from eventbus.checkpoints import ensure_checkpoints
from eventbus.lanes import deliver_lane
from eventbus.models import Delivery
from eventbus.testing import drain
from inventory import services as inventory
from inventory.errors import OutOfStock
from inventory.events import StockLine
from orders import services as orders
from orders.events import OrderLine
from orders.models import OrderHistoryRow, SalesByDayRow
from orders.projections import OrderHistory, SalesByDay
from payments.money import Money
from tests.conftest import empty_tables
from tests.eventbus.spec.books import PRICE, SHIPPING, Basket, Books

PROJECTIONS: tuple[type[Projection], ...] = (CatalogListing, OrderHistory, SalesByDay)
FIRST_DAY = datetime(2001, 1, 1, 12, tzinfo=UTC)

quantities = st.integers(1, 6)
skus = st.sampled_from(["MUG", "BOWL", "POT"])
baskets = st.dictionaries(skus, quantities, min_size=1)
days = st.integers(0, 2)
projections = st.sampled_from(PROJECTIONS)


class Trade(RuleBasedStateMachine):
    """Every operation is done in the shop and noted in the books."""

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.broken: set[type[Projection]] = set()

    @initialize(batch=st.integers(1, 4))
    def open(self, batch: int) -> None:
        """An empty shop, whose projections take small batches and may be broken."""
        empty_tables()
        ensure_checkpoints()
        self.batches = _batches_of(batch)
        self.batches.__enter__()
        self.faults = _faults(self.broken)
        self.faults.__enter__()

    @rule(sku=skus, quantity=quantities)
    def receive(self, sku: str, quantity: int) -> None:
        """Units arrive."""
        inventory.receive_stock(sku=sku, quantity=quantity, reason="delivery")
        self.books.receive(sku, quantity)

    @rule(sku=skus, quantity=st.integers(-4, 4).filter(bool))
    def adjust(self, sku: str, quantity: int) -> None:
        """A count is put right, where that is possible."""
        done = False
        with suppress(OutOfStock):
            inventory.adjust_stock(sku=sku, quantity=quantity, reason="counted")
            done = True
        assert self.books.adjust(sku, quantity) == done

    @rule(basket=baskets)
    def reserve(self, basket: Basket) -> None:
        """Somebody asks for stock without an order of the shop's."""
        order_id = uuid4()
        inventory.reserve_stock(order_id=order_id, lines=_lines(basket))
        self.books.hold(order_id, basket)

    @rule(data=st.data(), ship=st.booleans())
    def let_go(self, data: st.DataObject, ship: bool) -> None:
        """What is held leaves the shelf, or is free again."""
        if held := list(self.books.held):
            order_id = held[data.draw(st.integers(0, len(held) - 1))]
            (inventory.ship_stock if ship else inventory.release_stock)(order_id=order_id)
            (self.books.ship if ship else self.books.release)(order_id)

    @rule(basket=baskets, day=days)
    def order(self, basket: Basket, day: int) -> None:
        """A wholesale order comes in; what becomes of it is the checkout's affair."""
        order_id = uuid4()
        with backdated(_noon(day)):
            orders.place_order_on_account(
                order_id=order_id,
                customer_reference="17850",
                lines=_order_lines(basket),
                shipping=Money(SHIPPING, "GBP"),
            )
        self.books.order(order_id, basket, _noon(day).date())

    @rule(sku=skus, quantity=quantities, day=days)
    def give_back(self, sku: str, quantity: int, day: int) -> None:
        """A customer brings goods back."""
        basket, return_id = {sku: quantity}, uuid4()
        with backdated(_noon(day)):
            orders.record_return(
                return_id=return_id,
                number=f"C{return_id.hex[:10]}",
                customer_reference="17850",
                lines=_order_lines(basket),
                refund=Money(PRICE * quantity, "GBP"),
            )
        self.books.give_back(sku, quantity, _noon(day).date())

    @rule(projection=projections)
    def deliver_a_batch(self, projection: type[Projection]) -> None:
        """One lane moves by one batch; its window may stay open."""
        next(deliver_lane(subscriptions.subscription(projection.name), 0, timezone.now()))

    @rule(projection=projections)
    def crash(self, projection: type[Projection]) -> None:
        """A worker delivers a batch and dies before its commit."""
        with transaction.atomic():
            self.deliver_a_batch(projection)
            transaction.set_rollback(True)

    @rule(projection=projections)
    def break_a_fold(self, projection: type[Projection]) -> None:
        """From here on a projection's folds fail, until somebody repairs them."""
        self.broken.add(projection)

    @rule(twice=st.booleans())
    def deliver_all(self, twice: bool) -> None:
        """Everything due is delivered, perhaps twice; what orders refuses the second time, nobody misses."""
        drain(twice=twice)
        self.books.settle()
        Delivery.objects.filter(state=Delivery.State.DEAD, error__startswith="Reject: ").delete()

    def teardown(self) -> None:
        """Once all is repaired, tried again and quiet, the read models show what the books say."""
        self.broken.clear()
        drain(timezone.now() + timedelta(days=1))
        self.books.settle()
        self.faults.__exit__(None, None, None)
        self.batches.__exit__(None, None, None)
        assert _listing() == {sku: (shelf.free, shelf.sold) for sku, shelf in self.books.shelves.items()}
        assert _history() == self.books.orders
        assert _sales() == {
            day: (of.orders, of.units, of.revenue, of.returns, of.refunds)
            for day, of in self.books.days.items()
        }


def _noon(day: int) -> datetime:
    return FIRST_DAY + timedelta(days=day)


def _lines(basket: Basket) -> list[StockLine]:
    return [StockLine(sku=sku, quantity=quantity) for sku, quantity in basket.items()]


def _order_lines(basket: Basket) -> list[OrderLine]:
    price = Money(PRICE, "GBP")
    return [OrderLine(sku=sku, title=sku, quantity=count, unit_price=price) for sku, count in basket.items()]


def _listing() -> dict[str, tuple[int, int]]:
    return {row.sku: (row.available, row.units_sold) for row in CatalogListingRow.objects.all()}


def _history() -> dict[UUID, tuple[str, int, int]]:
    rows = OrderHistoryRow.objects.all()
    return {row.order_id: (row.state, row.units, row.total_amount) for row in rows}


def _sales() -> dict[date | None, tuple[int, ...]]:
    rows = SalesByDayRow.objects.all()
    return {
        row.day: (row.orders, row.units, row.revenue_amount, row.returns, row.refunds_amount) for row in rows
    }


@contextmanager
def _batches_of(size: int) -> Generator[None]:
    """While it lasts, the projections take batches of this size."""
    known = subscriptions._subscriptions
    with patch.dict(known, {p.name: replace(known[p.name], batch=size) for p in PROJECTIONS}):
        yield


@contextmanager
def _faults(broken: set[type[Projection]]) -> Generator[None]:
    """While it lasts, the folds of the projections that are in `broken` fail."""

    def faulty(projection: type[Projection], fold: Callable[..., Any]) -> Callable[..., Any]:
        def fail_or_fold(*arguments: Any) -> Any:
            if projection in broken:
                raise ValueError(f"{projection.name} is broken.")
            return fold(*arguments)

        return fail_or_fold

    healthy = {projection: projection.calls for projection in PROJECTIONS}
    for projection, calls in healthy.items():
        projection.calls = {
            cls: replace(call, function=faulty(projection, call.function)) for cls, call in calls.items()
        }
    yield
    for projection, calls in healthy.items():
        projection.calls = calls
