"""Anything that can be done to stock, in any order, beside a model of plain dictionaries.

After every step the counters are the model's, the ledger adds up to them, every reservation stands where the
model says, and what was announced is what the model expected, word for word.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from eventbus import Event, backdated
from eventbus.testing import published
from inventory import services
from inventory.errors import InventoryError, NothingReserved, OutOfStock
from inventory.events import (
    Shortage,
    StockAdjusted,
    StockExpired,
    StockLine,
    StockLow,
    StockReceived,
    StockRejected,
    StockReleased,
    StockReserved,
    StockReturned,
    StockShipped,
)
from inventory.models import Reservation, StockItem, StockMovement
from inventory.queries import ledger_differences

LOW_AT = 5
SKUS = ("BOWL", "CUP", "MUG")
skus = st.sampled_from(SKUS)
orders = st.integers(1, 9).map(lambda number: UUID(int=number))
verbs = st.sampled_from(("keep", "release", "ship"))
returns = st.integers(11, 12).map(lambda number: UUID(int=number))
lines = st.lists(st.builds(StockLine, sku=skus, quantity=st.integers(1, 4)), min_size=1, max_size=3)


def in_state(*states: str) -> Callable[["Stock"], list[UUID]]:
    """The orders whose reservations stand there."""
    return lambda stock: sorted(order for order, state in stock.model.states.items() if state in states)


def one_of(orders: Callable[["Stock"], list[UUID]]) -> st.SearchStrategy[UUID]:
    """One of these orders, as the machine has them now; a rule's precondition says that there is one."""
    return st.runner().flatmap(lambda stock: st.sampled_from(orders(stock)))


held = in_state("active")
ended = in_state("released", "rejected", "shipped", "expired")
ALL_THAT_CAN_HAPPEN = {
    "StockReceived",
    "StockAdjusted",
    "StockReserved",
    "StockRejected",
    "StockReleased",
    "StockShipped",
    "StockReturned",
    "StockExpired",
    "StockLow",
    "OutOfStock",
    "NothingReserved",
    "taken again",
    "kept",
}


@dataclass
class Shelf:
    """What should be so."""

    on_hand: Counter[str] = field(default_factory=Counter)
    reserved: Counter[str] = field(default_factory=Counter)
    states: dict[UUID, str] = field(default_factory=dict)
    held: dict[UUID, Counter[str]] = field(default_factory=dict)
    ends: dict[UUID, datetime | None] = field(default_factory=dict)
    turns: dict[UUID, int] = field(default_factory=dict)
    returned: dict[UUID, Counter[str]] = field(default_factory=dict)

    def free(self, sku: str) -> int:
        """Units that can be promised."""
        return self.on_hand[sku] - self.reserved[sku]

    def missing(self, wanted: Counter[str]) -> tuple[Shortage, ...]:
        """Of what more is wanted than is free."""
        return tuple(
            Shortage(sku=sku, wanted=count, available=self.free(sku))
            for sku, count in sorted(wanted.items())
            if count > self.free(sku)
        )

    def fallen_low(self, taken: Counter[str]) -> list[Event]:
        """What has just come to its threshold by taking this."""
        return [
            StockLow(sku=sku, available=self.free(sku), threshold=LOW_AT)
            for sku, count in sorted(taken.items())
            if self.free(sku) <= LOW_AT < self.free(sku) + count
        ]


def summed(wanted: list[StockLine]) -> Counter[str]:
    """The units of each SKU."""
    total: Counter[str] = Counter()
    for line in wanted:
        total[line.sku] += line.quantity
    return total


def told(units: Counter[str]) -> tuple[StockLine, ...]:
    """The lines of an event about these units."""
    return tuple(StockLine(sku=sku, quantity=count) for sku, count in sorted(units.items()))


seen: Counter[str] = Counter()


class Stock(RuleBasedStateMachine):
    """The shelf and its model, side by side, in a transaction that is given up at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.model, self.now = Shelf(), datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.given_up = transaction.atomic()
        self.given_up.__enter__()

    def teardown(self) -> None:
        """Leave nothing behind."""
        transaction.set_rollback(True)
        self.given_up.__exit__(None, None, None)

    def does(
        self, verb: str, *expected: Event, refusal: type[InventoryError] | None = None, **how: Any
    ) -> object:
        """Call the verb, and compare what it announces or refuses."""
        answer, refused = None, None
        with published() as events:
            try:
                with backdated(self.now), transaction.atomic():
                    answer = getattr(services, verb)(**how)
            except InventoryError as error:
                refused = type(error)
        assert (refused, events) == (refusal, list(expected))
        seen.update(type(event).__name__ for event in events)
        seen.update([refused.__name__] if refused else [])
        return answer

    @initialize()
    def open_the_shop(self) -> None:
        """Begin with something to sell."""
        for sku in SKUS:
            self.receive(sku, 25)

    @precondition(lambda stock: any(stock.model.free(sku) < 4 for sku in SKUS))
    @rule(sku=skus, quantity=st.integers(1, 9))
    def receive(self, sku: str, quantity: int) -> None:
        """A delivery comes."""
        self.does(
            "receive_stock",
            StockReceived(sku=sku, quantity=quantity, reason="delivery"),
            sku=sku,
            quantity=quantity,
            reason="delivery",
        )
        self.model.on_hand[sku] += quantity

    @rule(sku=skus, quantity=st.integers(-25, 9).filter(bool))
    def adjust(self, sku: str, quantity: int) -> None:
        """A count is put right, unless it would take what is promised."""
        how: dict[str, Any] = {"sku": sku, "quantity": quantity, "reason": "counted"}
        if self.model.free(sku) + quantity < 0:
            self.does("adjust_stock", refusal=OutOfStock, **how)
            return
        self.model.on_hand[sku] += quantity
        low = self.model.fallen_low(Counter({sku: -quantity})) if quantity < 0 else []
        self.does("adjust_stock", StockAdjusted(sku=sku, quantity=quantity, reason="counted"), *low, **how)

    @rule(order_id=orders, wanted=lines, seconds=st.sampled_from((60, 300, 900, None)))
    def reserve(self, order_id: UUID, wanted: list[StockLine], seconds: int | None) -> None:
        """An order asks for goods: for the first time, too early, too late, or again."""
        model, units = self.model, summed(wanted)
        how: dict[str, Any] = {"order_id": order_id, "lines": wanted, "hold_seconds": seconds}
        state = model.states.get(order_id)
        if state == "released":
            self.does("reserve_stock", StockRejected(order_id=order_id, reason="cancelled"), **how)
        elif state in (None, "expired"):
            model.turns[order_id] = model.turns.get(order_id, 0) + 1
            if missing := model.missing(units):
                model.states[order_id] = "rejected"
                rejected = StockRejected(order_id=order_id, reason="out_of_stock", missing=missing)
                self.does("reserve_stock", rejected, **how)
                return
            model.states[order_id], model.held[order_id] = "active", units
            model.ends[order_id] = self.now + timedelta(seconds=seconds) if seconds else None
            model.reserved.update(units)
            reserved = StockReserved(order_id=order_id, lines=told(units))
            seen["taken again"] += state == "expired"
            self.does("reserve_stock", reserved, *model.fallen_low(units), **how)
        else:
            self.does("reserve_stock", **how)

    def keep(self, order_id: UUID) -> None:
        """The money is there: what is held is held for good."""
        active = self.model.states.get(order_id) == "active"
        assert self.does("keep_stock", order_id=order_id) is active
        if active:
            seen["kept"] += self.model.ends[order_id] is not None
            self.model.ends[order_id] = None

    def release(self, order_id: UUID) -> None:
        """The order is given up: nothing is held for it, now or later."""
        state = self.model.states.get(order_id)
        if state == "active":
            self.does(
                "release_stock",
                StockReleased(order_id=order_id, lines=told(self.model.held[order_id])),
                order_id=order_id,
            )
            self.model.reserved.subtract(self.model.held[order_id])
        else:
            self.does("release_stock", order_id=order_id)
        if state in (None, "active", "expired"):
            self.model.states[order_id] = "released"

    def ship(self, order_id: UUID) -> None:
        """The carrier is there."""
        state = self.model.states.get(order_id)
        if state == "active":
            units = self.model.held[order_id]
            self.does("ship_stock", StockShipped(order_id=order_id, lines=told(units)), order_id=order_id)
            self.model.reserved.subtract(units)
            self.model.on_hand.subtract(units)
            self.model.states[order_id] = "shipped"
        else:
            refusal = None if state == "shipped" else NothingReserved
            self.does("ship_stock", refusal=refusal, order_id=order_id)

    @precondition(lambda stock: bool(held(stock)))
    @rule(order_id=one_of(held), verb=verbs)
    def settle(self, order_id: UUID, verb: str) -> None:
        """Goods that are held are kept, shipped or given up."""
        getattr(self, verb)(order_id)

    @precondition(lambda stock: bool(ended(stock)))
    @rule(order_id=one_of(ended), verb=verbs, wanted=lines)
    def come_too_late(self, order_id: UUID, verb: str, wanted: list[StockLine]) -> None:
        """Nothing is held any more; some ask for it once more, and for good."""
        if verb == "keep":
            self.keep(order_id)
            self.reserve(order_id, wanted, None)
        else:
            getattr(self, verb)(order_id)

    @rule(order_id=orders, verb=verbs)
    def come_at_any_time(self, order_id: UUID, verb: str) -> None:
        """Too early, too late or just in time."""
        getattr(self, verb)(order_id)

    @rule(return_id=returns, back=lines)
    def take_back(self, return_id: UUID, back: list[StockLine]) -> None:
        """Goods come back; what came back once does not come back again."""
        booked, units = self.model.returned.get(return_id), summed(back)
        again = back if booked is None else told(booked)
        how: dict[str, Any] = {"return_id": return_id, "lines": again, "reason": "chipped"}
        if booked is None:
            returned = StockReturned(return_id=return_id, lines=told(units), reason="chipped")
            self.does("return_stock", returned, **how)
            self.model.returned[return_id] = units
            self.model.on_hand.update(units)
        else:
            self.does("return_stock", **how)

    @precondition(lambda stock: any(stock.model.ends[order_id] for order_id in held(stock)))
    @rule(
        seconds=st.sampled_from((900, 300, 60, 1, 0)),
        limit=st.sampled_from((4, 2, 1)),
        come_back=st.booleans(),
    )
    def time_passes_and_the_clock_sweeps(self, seconds: int, limit: int, come_back: bool) -> None:
        """What is held too long is freed, the oldest first; some of its shoppers come back at once."""
        self.now += timedelta(seconds=seconds)
        model = self.model
        ends = [(end, order_id) for order_id in held(self) if (end := model.ends[order_id])]
        due = [order_id for end, order_id in sorted(ends) if end <= self.now][:limit]
        for order_id in due:
            model.states[order_id] = "expired"
            model.reserved.subtract(model.held[order_id])
        expired = [StockExpired(order_id=each, lines=told(model.held[each])) for each in due]
        assert self.does("expire_reservations", *expired, limit=limit) == len(due)
        for order_id in due if come_back else ():
            self.reserve(order_id, [StockLine(sku="CUP", quantity=1)], 60)

    @invariant()
    def counters_are_those_of_the_model_and_of_the_ledger(self) -> None:
        """on_hand >= reserved >= 0, counter = ledger, reserved = what is held."""
        found = {i.sku: (i.on_hand, i.reserved) for i in StockItem.objects.all()}
        assert {sku: found.get(sku, (0, 0)) for sku in SKUS} == {
            sku: (self.model.on_hand[sku], self.model.reserved[sku]) for sku in SKUS
        }
        assert ledger_differences() == []

    @invariant()
    def reservations_stand_where_the_model_says(self) -> None:
        """State, end and turn of each."""
        rows = Reservation.objects.values_list("order_id", "state", "turn")
        assert {order_id: state for order_id, state, _ in rows} == self.model.states
        assert {order_id: turn for order_id, _, turn in rows} == {
            order_id: self.model.turns.get(order_id, 1) for order_id in self.model.states
        }
        ends = Reservation.objects.filter(state="active").values_list("order_id", "expires_at")
        assert all(self.model.ends[order_id] == end for order_id, end in ends)

    @invariant()
    def every_turn_that_has_ended_has_given_back_or_shipped_what_it_took(self) -> None:
        """The ledger, turn by turn: what is still reserved is what is still active."""
        left: Counter[tuple[UUID | None, int]] = Counter()
        moved = StockMovement.objects.exclude(reserved_change=0)
        for order_id, turn, change in moved.values_list("reference", "turn", "reserved_change"):
            left[order_id, turn] += change
        model = self.model
        assert +left == Counter(
            {
                (o, model.turns[o]): model.held[o].total()
                for o, state in model.states.items()
                if state == "active"
            }
        )
        assert -left == Counter()


@pytest.mark.django_db
def test_stock_behaves_as_its_model_whatever_is_done_to_it() -> None:
    seen.clear()
    run_state_machine_as_test(
        Stock, settings=settings(max_examples=60, stateful_step_count=30, deadline=None, derandomize=True)
    )
    assert +seen >= Counter(ALL_THAT_CAN_HAPPEN), f"never happened: {ALL_THAT_CAN_HAPPEN - seen.keys()}"
