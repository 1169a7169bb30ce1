"""What may happen to an order once it is asked to be called off, or its goods have left."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from eventbus import Event
from orders.errors import (
    CancellationAlreadyRequested,
    MoreThanArrived,
    MoreThanShipped,
    NothingReturned,
    OrdersError,
    RefundAlreadyGranted,
    RefundRefused,
    ReturnAlreadyKnown,
    ReturnAlreadySettled,
    ReturnNotFound,
    TransitionRefused,
)
from orders.events import (
    CancellationRequested,
    OrderCancelled,
    OrderConfirmed,
    OrderShipped,
    RefundGranted,
    Requester,
    ReturnLine,
    ReturnReceived,
    ReturnRefused,
    ReturnRequested,
)
from orders.models import TRANSITIONS, Order, OrderEvent, OrderState, accept, fold
from orders.queries import order_as_of, order_state
from orders.services import folding
from orders.services.fulfilling import record
from payments.money import Money
from tests.orders.builders import NOON, ORDER, a_line, an_order_placed, pounds

LATER = NOON + timedelta(days=3)
RETURN = UUID("0196f0c0-0000-7000-8000-000000000002")
REFUND = UUID("0196f0c0-0000-7000-8000-000000000003")
PLACED = an_order_placed(lines=(a_line(quantity=3), a_line("POT", 1, "20.00")), total=pounds("49.45"))
CONFIRMED = OrderConfirmed(
    order_id=ORDER, units=4, total=pounds("49.45"), delivery="carrier", confirmed_at=NOON
)
SHIPPED = OrderShipped(order_id=ORDER, tracking_number="SB1GB", shipped_at=NOON)
CALLED_OFF = CancellationRequested(
    order_id=ORDER, requested_by=Requester(role="shopper"), reason="", requested_at=LATER
)


def some(sku: str = "MUG-RED", quantity: int = 1) -> tuple[ReturnLine, ...]:
    return (ReturnLine(sku=sku, quantity=quantity),)


def asked(lines: tuple[ReturnLine, ...] = some(), return_id: UUID = RETURN) -> ReturnRequested:
    return ReturnRequested(order_id=ORDER, return_id=return_id, lines=lines, reason="", requested_at=LATER)


def arrived(lines: tuple[ReturnLine, ...] = some(), refund: str = "8.50", **facts: Any) -> ReturnReceived:
    given: dict[str, Any] = {
        "return_id": RETURN,
        "restock": lines,
        "received_by": "Sam",
        "received_at": LATER,
    } | facts
    return ReturnReceived(order_id=ORDER, lines=lines, refund=pounds(refund), **given)


def turned_down(return_id: UUID = RETURN) -> ReturnRefused:
    return ReturnRefused(
        order_id=ORDER, return_id=return_id, reason="worn", refused_by="Sam", refused_at=LATER
    )


def granted(amount: str = "5.00", lines: tuple[ReturnLine, ...] = (), **facts: Any) -> RefundGranted:
    given: dict[str, Any] = {
        "refund_id": REFUND,
        "reason": "late",
        "granted_by": "Sam",
        "granted_at": LATER,
    } | facts
    return RefundGranted(order_id=ORDER, lines=lines, amount=pounds(amount), **given)


def after(*events: Any) -> OrderState:
    """A shipped order, and what happened to it since."""
    state = fold([PLACED, CONFIRMED, SHIPPED])
    for event in events:
        state = accept(state, event)
    assert state is not None
    return state


def test_a_cancellation_is_noted_and_changes_nothing_else() -> None:
    placed = fold([PLACED])

    state = accept(placed, CALLED_OFF)

    assert (state.state, state.revision, state.cancellation_requested_at) == ("placed", 2, LATER)
    assert accept(state, CONFIRMED).state == "confirmed"


@pytest.mark.parametrize("events", [(PLACED,), (PLACED, CONFIRMED)], ids=["placed", "confirmed"])
def test_an_order_is_called_off_once(events: tuple[Any, ...]) -> None:
    state = fold([*events, CALLED_OFF])

    with pytest.raises(CancellationAlreadyRequested, match="already being cancelled"):
        accept(state, CALLED_OFF)


def test_a_parcel_that_has_left_is_not_called_off() -> None:
    with pytest.raises(TransitionRefused, match="is shipped: CancellationRequested cannot follow") as refusal:
        after(CALLED_OFF)

    assert refusal.value.allowed == (
        "ReturnRequested",
        "ReturnReceived",
        "ReturnRefused",
        "RefundGranted",
        "OrderClaimed",
    )


def test_what_is_on_its_way_back_can_not_come_back_again() -> None:
    state = after(asked(some(quantity=2)))

    assert (state.returnable, state.returned) == ({"MUG-RED": 1, "POT": 1}, {})
    assert (state.refunded, state.refundable) == (pounds("0"), pounds("49.45"))


def test_goods_that_arrived_are_owed_for() -> None:
    state = after(asked(some(quantity=2)), arrived(some(quantity=1)))

    assert (state.returnable, state.returned) == ({"MUG-RED": 2, "POT": 1}, {"MUG-RED": 1})
    assert (state.refunded, state.refundable) == (pounds("8.50"), pounds("40.95"))


def test_goods_that_were_not_announced_can_arrive() -> None:
    assert after(arrived(some(quantity=3), "25.50")).returned == {"MUG-RED": 3}


def test_a_refused_return_leaves_the_goods_with_the_customer() -> None:
    state = after(asked(some(quantity=3)), turned_down())

    assert state.returnable == {"MUG-RED": 3, "POT": 1}
    assert state.return_of(RETURN) is not None


def test_money_given_back_for_lines_counts_as_if_they_had_come_back() -> None:
    state = after(granted("20.00", some("POT")))

    assert state.returnable == {"MUG-RED": 3, "POT": 0}
    assert state.refundable == pounds("29.45")


def test_two_lines_of_one_article_count_together() -> None:
    twice = an_order_placed(lines=(a_line(quantity=2), a_line(quantity=1)))
    state = fold([twice, CONFIRMED, SHIPPED])
    assert state is not None

    assert state.returnable == {"MUG-RED": 3}
    both = (ReturnLine(sku="MUG-RED", quantity=2), ReturnLine(sku="MUG-RED", quantity=2))
    with pytest.raises(MoreThanShipped, match="MUG-RED: 4 wanted, but only 3"):
        accept(state, asked(both))


OTHER = uuid4()
REFUSED: list[tuple[str, list[Any], Any, type[OrdersError], str]] = [
    ("no goods", [], asked(()), NothingReturned, "Nothing was chosen"),
    ("no goods arrived", [], arrived(()), NothingReturned, "Nothing was chosen"),
    ("no piece", [], asked(some(quantity=0)), NothingReturned, "0 of MUG-RED cannot come back"),
    ("less than none", [], asked(some(quantity=-1)), NothingReturned, "-1 of MUG-RED cannot come back"),
    ("more than bought", [], asked(some(quantity=4)), MoreThanShipped, "4 wanted, but only 3"),
    ("never bought", [], asked(some("GHOST")), MoreThanShipped, "GHOST: 1 wanted, but only 0"),
    (
        "on its way already",
        [asked(some(quantity=2))],
        asked(some(quantity=2), OTHER),
        MoreThanShipped,
        "2 wanted, but only 1",
    ),
    ("more than bought arrived", [], arrived(some(quantity=4)), MoreThanShipped, "4 wanted, but only 3"),
    ("asked twice", [asked()], asked(some("POT")), ReturnAlreadyKnown, "asked for already"),
    ("arrived twice", [arrived()], arrived(), ReturnAlreadySettled, "was received already"),
    ("arrived though refused", [asked(), turned_down()], arrived(), ReturnAlreadySettled, "was refused"),
    ("refused, never asked", [], turned_down(), ReturnNotFound, "has no return"),
    ("refused twice", [asked(), turned_down()], turned_down(), ReturnAlreadySettled, "was refused already"),
    (
        "more to sell than arrived",
        [],
        arrived(restock=some(quantity=2)),
        MoreThanArrived,
        "MUG-RED: 2 to be sold again, but only 1 arrived",
    ),
    (
        "more money than paid",
        [],
        arrived(refund="49.46"),
        RefundRefused,
        "£49.46 cannot be given back: between nothing and £49.45",
    ),
    ("money below nothing", [], arrived(refund="-0.01"), RefundRefused, "-£0.01 cannot"),
    ("more money than left", [granted("40.00")], arrived(refund="9.46"), RefundRefused, "nothing and £9.45"),
    ("a gift of nothing", [], granted("0"), RefundRefused, "£0.00 cannot be given back"),
    ("a gift too large", [], granted("49.46"), RefundRefused, "nothing and £49.45"),
    ("a gift twice", [granted()], granted(), RefundAlreadyGranted, "granted already"),
    (
        "paid back and sent back",
        [granted("20.00", some("POT"))],
        asked(some("POT")),
        MoreThanShipped,
        "POT: 1 wanted, but only 0",
    ),
]


@pytest.mark.parametrize(("_case", "before", "event", "error", "sentence"), REFUSED)
def test_what_a_guard_refuses_has_its_own_error(
    _case: str, before: list[Any], event: Any, error: type[OrdersError], sentence: str
) -> None:
    state = after(*before)

    with pytest.raises(error, match=sentence.replace("(", r"\(")):
        accept(state, event)


def test_money_of_another_currency_is_refused() -> None:
    dollars = Money.parse("1.00", "USD")
    event = RefundGranted(
        order_id=ORDER,
        refund_id=REFUND,
        lines=(),
        amount=dollars,
        reason="",
        granted_by="Sam",
        granted_at=LATER,
    )

    with pytest.raises(RefundRefused, match=r"USD|\$1\.00"):
        accept(after(), event)


def test_a_cancelled_order_gives_back_no_more_than_was_paid() -> None:
    ending = OrderCancelled(
        order_id=ORDER, reason="shortfall", message="", refund=pounds("49.46"), cancelled_at=LATER
    )

    with pytest.raises(RefundRefused):
        accept(fold([PLACED, CONFIRMED]), ending)


def test_every_pair_of_state_and_event_is_in_the_table_or_refused() -> None:
    states = {line.after for line in TRANSITIONS}
    kinds = {line.event for line in TRANSITIONS}
    listed = {(line.before, line.event) for line in TRANSITIONS}

    examples: dict[type[Event], Any] = {
        type(event): event
        for event in (PLACED, CONFIRMED, SHIPPED, CALLED_OFF, asked(), arrived(), turned_down(), granted())
    }
    examples[OrderCancelled] = OrderCancelled(
        order_id=ORDER, reason="", message="", refund=pounds("0"), cancelled_at=LATER
    )
    placed = fold([PLACED])
    assert placed is not None
    for name in states:
        state = fold([PLACED, CONFIRMED, SHIPPED]) if name == "shipped" else placed
        for kind in kinds - {kind for (before, kind) in listed if before == name}:
            with pytest.raises(TransitionRefused):
                accept(_in_state(state, name), examples[kind])


def _in_state(state: OrderState | None, name: str) -> OrderState:
    assert state is not None
    return replace(state, state=name)


QUANTITIES = st.integers(-1, 4)
LINES = st.lists(
    st.builds(ReturnLine, sku=st.sampled_from(["MUG-RED", "POT", "GHOST"]), quantity=QUANTITIES), max_size=3
).map(tuple)
IDS = st.sampled_from([RETURN, REFUND, OTHER])
AMOUNTS = st.integers(-100, 50_00).map(lambda pence: f"{pence / 100:.2f}")
STEPS: st.SearchStrategy[Callable[[], Any]] = st.one_of(
    st.builds(asked, LINES, IDS),
    st.builds(lambda lines, refund, one: arrived(lines, refund, return_id=one), LINES, AMOUNTS, IDS),
    st.builds(turned_down, IDS),
    st.builds(lambda amount, lines, one: granted(amount, lines, refund_id=one), AMOUNTS, LINES, IDS),
)


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(STEPS, max_size=12))
def test_whatever_is_tried_no_piece_and_no_penny_goes_back_twice(steps: list[Any]) -> None:
    state = after()
    events: list[OrderEvent] = [PLACED, CONFIRMED, SHIPPED]
    for event in steps:
        try:
            state = accept(state, event)
        except OrdersError:
            continue
        events.append(event)

    assert fold(events) == state
    assert 0 <= state.refunded.amount <= state.total.amount
    assert min(state.returnable.values()) >= 0
    received = sum(state.returned.values())
    gifts = sum(line.quantity for one in state.refunds for line in one.lines)
    assert received + gifts <= state.units


@pytest.mark.usefixtures("bus")
class TestTheRow:
    """The row beside a stream that went on after shipping."""

    EVENTS = (CALLED_OFF, SHIPPED, asked(some(quantity=2)), arrived(), granted("1.00"))

    @pytest.fixture(autouse=True)
    def _stream(self) -> None:
        with transaction.atomic():
            record(None, PLACED)
            record(order_state(ORDER), CONFIRMED)
            for event in self.EVENTS:
                record(order_state(ORDER), event)

    def test_the_row_is_the_fold(self) -> None:
        row = Order.objects.get()

        assert row.fold() == order_as_of(ORDER)
        assert (row.revision, row.refunded_amount, row.cancellation_requested_at) == (7, 9_50, LATER)

    def test_a_deleted_row_is_rebuilt_identical(self) -> None:
        before = Order.objects.values().get()
        Order.objects.all().delete()

        folding.rebuild_orders([ORDER])

        assert Order.objects.values().get() == before

    def test_the_database_refuses_more_back_than_was_paid(self) -> None:
        with pytest.raises(IntegrityError, match="orders_order_refunded_within_total"), transaction.atomic():
            Order.objects.update(refunded_amount=49_46)

    def test_a_refused_event_leaves_no_trace(self) -> None:
        before = Order.objects.values().get()

        with pytest.raises(RefundRefused), transaction.atomic():
            record(order_state(ORDER), granted("49.45", refund_id=OTHER))

        assert Order.objects.values().get() == before
        assert order_as_of(ORDER).revision == 7
