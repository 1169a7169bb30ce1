"""After shipping: what comes back, what is owed for it, and who is asked to put it right."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventbus import Event
from eventbus.testing import drain, published
from inventory.commands import ReturnStock
from inventory.events import StockLine
from orders import queries, services
from orders.errors import (
    MoreThanArrived,
    MoreThanShipped,
    NothingReturned,
    NotShippedYet,
    OrderNotFound,
    OrdersError,
    ReasonRequired,
    RefundAlreadyGranted,
    RefundRefused,
    ReturnAlreadyKnown,
    ReturnAlreadySettled,
    ReturnNotFound,
)
from orders.events import (
    OrderConfirmed,
    OrderLine,
    OrderShipped,
    RefundGranted,
    ReturnLine,
    ReturnReceived,
    ReturnRefused,
    ReturnRequested,
)
from orders.models import OrderState, evolve, fold
from orders.queries import worth_of
from payments.commands import RefundPayment
from payments.money import Money
from tests.orders.builders import (
    NOON,
    ORDER,
    a_confirmed_order,
    a_line,
    a_shipped_order,
    an_order_placed,
    pieces,
    pounds,
)

BACK = UUID(int=1)
OTHER = UUID(int=2)
NUMBER = "7KQ4-9MXR-2C8T"
LINES = (a_line("MUG-RED", 2, "8.50"), a_line("POT", 1, "20.00"))
TOTAL = pounds("40.95")


def shipped() -> UUID:
    """Two mugs at 8.50, a pot at 20.00 and 3.95 for delivery."""
    return a_shipped_order(lines=LINES, total=TOTAL)


def ask(lines: Sequence[ReturnLine] = pieces(MUG_RED=1), reason: str = "Too red", **more: Any) -> UUID:
    return services.request_return(order_id=ORDER, lines=lines, reason=reason, **more)


def receive(lines: Sequence[ReturnLine], restock: Sequence[ReturnLine] = (), return_id: UUID = BACK) -> Money:
    return services.receive_return(
        order_id=ORDER, return_id=return_id, lines=lines, restock=restock, received_by="Sam"
    )


def grant(**more: Any) -> UUID:
    return services.grant_refund(order_id=ORDER, reason="Chipped", granted_by="Sam", **more)


@pytest.mark.usefixtures("bus")
class TestTheVerbs:
    """One event each."""

    def test_a_return_is_asked_for(self) -> None:
        shipped()

        with published() as messages:
            return_id = ask()

        [requested] = messages
        assert isinstance(requested, ReturnRequested)
        assert (requested.return_id, requested.lines) == (return_id, pieces(MUG_RED=1))
        assert requested.reason == "Too red"

    def test_what_arrived_is_owed_at_its_price_and_restocked_as_staff_say(self) -> None:
        shipped()
        ask(pieces(MUG_RED=2), return_id=BACK)

        with published() as messages:
            owed = receive(pieces(MUG_RED=2), restock=pieces(MUG_RED=1))

        [received] = messages
        assert isinstance(received, ReturnReceived)
        assert (owed, received.refund) == (pounds("17.00"), pounds("17.00"))
        assert (received.restock, received.received_by) == (pieces(MUG_RED=1), "Sam")

    def test_less_may_arrive_than_was_asked_for_and_the_rest_can_still_come(self) -> None:
        shipped()
        ask(pieces(MUG_RED=2), return_id=BACK)

        receive(pieces(MUG_RED=1))

        assert queries.order_state(ORDER).returnable == {"MUG-RED": 1, "POT": 1}

    def test_a_return_can_be_refused(self) -> None:
        shipped()
        ask(return_id=BACK)

        with published() as messages:
            services.refuse_return(order_id=ORDER, return_id=BACK, reason="It was used.", refused_by="Sam")

        [refused] = messages
        assert isinstance(refused, ReturnRefused)
        assert queries.order_state(ORDER).returnable == {"MUG-RED": 2, "POT": 1}

    def test_a_refund_is_granted_for_lines_or_for_any_sum(self) -> None:
        shipped()

        with published() as messages:
            grant(lines=pieces(MUG_RED=1), refund_id=BACK)
            grant(amount=pounds("5.00"), refund_id=OTHER)

        for_a_line, for_a_sum = messages
        assert isinstance(for_a_line, RefundGranted)
        assert isinstance(for_a_sum, RefundGranted)
        assert (for_a_line.amount, for_a_line.lines) == (pounds("8.50"), pieces(MUG_RED=1))
        assert (for_a_sum.amount, for_a_sum.lines) == (pounds("5.00"), ())
        assert queries.order_state(ORDER).refundable == pounds("27.45")


def _asked() -> None:
    ask(return_id=BACK)


def _received() -> None:
    receive(pieces(MUG_RED=1))


def _refuse(**changes: Any) -> None:
    facts: dict[str, Any] = {"order_id": ORDER, "return_id": BACK, "reason": "Used", "refused_by": "Sam"}
    services.refuse_return(**facts | changes)


REFUSALS: tuple[tuple[str, Callable[[], object], Callable[[], object], type[OrdersError], str], ...] = (
    ("no reason", lambda: None, lambda: ask(reason=" "), ReasonRequired, "Please say why."),
    ("nothing", lambda: None, lambda: ask(()), NothingReturned, "choose at least one piece"),
    ("below one", lambda: None, lambda: ask(pieces(POT=0)), NothingReturned, "0 of POT cannot come back"),
    ("more than shipped", _asked, lambda: ask(pieces(MUG_RED=2)), MoreThanShipped, "2 wanted, but only 1"),
    ("strange goods", lambda: None, lambda: ask(pieces(JUG=1)), MoreThanShipped, "only 0 of this order"),
    ("known id", _asked, lambda: ask(return_id=BACK), ReturnAlreadyKnown, "asked for already"),
    (
        "unknown order",
        lambda: None,
        lambda: services.request_return(order_id=OTHER, lines=pieces(POT=1), reason="x"),
        OrderNotFound,
        "There is no order",
    ),
    ("received twice", _received, _received, ReturnAlreadySettled, "was received already"),
    (
        "restock beyond arrival",
        _asked,
        lambda: receive(pieces(MUG_RED=1), restock=pieces(MUG_RED=2)),
        MoreThanArrived,
        "only 1 arrived",
    ),
    ("refuse the unknown", lambda: None, _refuse, ReturnNotFound, "has no return"),
    ("refuse the received", _received, _refuse, ReturnAlreadySettled, "was received already"),
    ("refuse without a word", _asked, lambda: _refuse(reason=""), ReasonRequired, "Please say why."),
    ("nothing granted", lambda: None, grant, RefundRefused, "£0.00 cannot be given back"),
    ("below nothing", lambda: None, lambda: grant(amount=pounds("-1")), RefundRefused, "-£1.00 cannot"),
    ("beyond the total", _received, lambda: grant(amount=pounds("32.46")), RefundRefused, "and £32.45"),
    ("other money", lambda: None, lambda: grant(amount=Money(1, "EUR")), RefundRefused, "cannot be given"),
    (
        "granted twice",
        lambda: grant(amount=pounds("1"), refund_id=BACK),
        lambda: grant(amount=pounds("1"), refund_id=BACK),
        RefundAlreadyGranted,
        "granted already",
    ),
    (
        "granted without a word",
        lambda: None,
        lambda: services.grant_refund(order_id=ORDER, reason="", granted_by="Sam", amount=pounds("1")),
        ReasonRequired,
        "Please say why.",
    ),
)


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize(
    ("_case", "before", "verb", "error", "sentence"), REFUSALS, ids=[case[0] for case in REFUSALS]
)
def test_what_is_refused_says_why_and_changes_nothing(
    _case: str,
    before: Callable[[], object],
    verb: Callable[[], object],
    error: type[OrdersError],
    sentence: str,
) -> None:
    shipped()
    before()
    was = queries.order_state(ORDER)

    with published() as messages, pytest.raises(error) as refusal:
        verb()

    assert sentence in str(refusal.value)
    assert messages == []
    assert queries.order_state(ORDER) == was


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize("verb", [ask, lambda: receive(pieces(POT=1)), grant])
def test_nothing_comes_back_of_an_order_that_has_not_left(verb: Callable[[], object]) -> None:
    a_confirmed_order()

    with pytest.raises(NotShippedYet) as refusal:
        verb()

    assert str(refusal.value) == (
        f"Order {NUMBER} has not left yet: cancel it instead. Only what was sent can come back."
    )


@pytest.mark.usefixtures("bus")
class TestWhatFollows:
    """Choreography: each listener sends its own command, none waits for another."""

    def test_goods_that_came_back_are_restocked_and_paid_back(self) -> None:
        shipped()
        receive(pieces(MUG_RED=2), restock=pieces(MUG_RED=1))

        assert commands_of(drain) == [
            RefundPayment(order_id=ORDER, refund_id=BACK, amount=pounds("17.00"), reason="returned"),
            ReturnStock(return_id=BACK, lines=(StockLine(sku="MUG-RED", quantity=1),), reason="returned"),
        ]

    def test_broken_goods_are_paid_back_and_not_sold_again(self) -> None:
        shipped()
        receive(pieces(POT=1))

        assert commands_of(drain) == [
            RefundPayment(order_id=ORDER, refund_id=BACK, amount=pounds("20.00"), reason="returned")
        ]

    def test_goods_that_were_paid_back_before_are_only_restocked(self) -> None:
        shipped()
        grant(amount=TOTAL, refund_id=OTHER)
        drain()
        receive(pieces(POT=1), restock=pieces(POT=1))

        assert commands_of(drain) == [
            ReturnStock(return_id=BACK, lines=(StockLine(sku="POT", quantity=1),), reason="returned")
        ]

    def test_a_granted_refund_is_paid(self) -> None:
        shipped()
        grant(amount=pounds("5.00"), refund_id=OTHER)

        assert commands_of(drain) == [
            RefundPayment(order_id=ORDER, refund_id=OTHER, amount=pounds("5.00"), reason="Chipped")
        ]


def commands_of(work: Callable[[], object]) -> list[object]:
    """The requests for goods and money that the work has sent, by name."""
    with published() as messages:
        work()
    asked = [message for message in messages if isinstance(message, RefundPayment | ReturnStock)]
    return sorted(asked, key=lambda message: type(message).__name__)


def an_order_of(*events: Event, lines: tuple[OrderLine, ...] = LINES, delivery: str = "3.95") -> OrderState:
    """An order that was shipped, and then this happened."""
    total = sum((line.total for line in lines), pounds(delivery))
    placed = an_order_placed(lines=lines, shipping=pounds(delivery), total=total)
    confirmed = OrderConfirmed(order_id=ORDER, units=3, total=total, delivery="carrier", confirmed_at=NOON)
    state = fold([placed, confirmed, OrderShipped(order_id=ORDER, shipped_at=NOON), *events])  # type: ignore[list-item]
    assert state is not None
    return state


def received(lines: tuple[ReturnLine, ...], refund: str, return_id: UUID = BACK) -> ReturnReceived:
    return ReturnReceived(
        order_id=ORDER,
        return_id=return_id,
        lines=lines,
        restock=(),
        refund=pounds(refund),
        received_by="Sam",
        received_at=NOON,
    )


def granted(amount: str, lines: tuple[ReturnLine, ...] = ()) -> RefundGranted:
    return RefundGranted(
        order_id=ORDER,
        refund_id=OTHER,
        lines=lines,
        amount=pounds(amount),
        reason="x",
        granted_by="Sam",
        granted_at=NOON,
    )


class TestWhatIsOwed:
    """Prices as sold, delivery with the last piece, and never more than was paid."""

    def test_a_part_of_an_order_comes_back_without_its_delivery_charge(self) -> None:
        order = an_order_of()

        assert worth_of(order, pieces(MUG_RED=2), goods_came_back=True) == pounds("17.00")

    def test_the_delivery_charge_comes_back_with_the_last_piece(self) -> None:
        order = an_order_of(received(pieces(MUG_RED=2), "17.00"))

        assert worth_of(order, pieces(POT=1), goods_came_back=True) == pounds("23.95")

    def test_a_piece_that_was_paid_back_and_kept_keeps_the_delivery_charge(self) -> None:
        order = an_order_of(granted("8.50", pieces(MUG_RED=1)))

        assert worth_of(order, pieces(MUG_RED=1, POT=1), goods_came_back=True) == pounds("28.50")

    def test_money_without_goods_is_for_the_goods_alone(self) -> None:
        assert worth_of(an_order_of(), pieces(MUG_RED=2, POT=1)) == pounds("37.00")

    def test_no_more_is_owed_than_is_left_of_what_was_paid(self) -> None:
        order = an_order_of(granted("30.00"))

        assert worth_of(order, pieces(POT=1), goods_came_back=True) == pounds("10.95")

    def test_an_article_sold_at_two_prices_comes_back_in_the_order_it_was_sold(self) -> None:
        order = an_order_of(lines=(a_line("MUG", 2, "8.00"), a_line("MUG", 1, "5.00")), delivery="0")
        after_one = evolve(order, received(pieces(MUG=1), "8.00"))

        assert worth_of(order, pieces(MUG=2)) == pounds("16.00")
        assert worth_of(after_one, pieces(MUG=2)) == pounds("13.00")

    @given(
        lines=st.lists(st.tuples(st.sampled_from(["A", "B"]), st.integers(1, 3), st.integers(1, 9_99))),
        order_of_return=st.randoms(use_true_random=False),
        delivery=st.integers(0, 5_00),
    )
    def test_piece_by_piece_everything_comes_back_to_the_penny(
        self, lines: list[tuple[str, int, int]], order_of_return: Any, delivery: int
    ) -> None:
        if not lines:
            return
        sold = tuple(
            OrderLine(sku=sku, title=sku, quantity=count, unit_price=Money(price, "GBP"))
            for sku, count, price in lines
        )
        order = an_order_of(lines=sold, delivery=f"{delivery / 100:.2f}")
        coming = [line.sku for line in sold for _ in range(line.quantity)]
        order_of_return.shuffle(coming)

        for number, sku in enumerate(coming, 10):
            lines_back = (ReturnLine(sku=sku, quantity=1),)
            owed = worth_of(order, lines_back, goods_came_back=True)
            back = ReturnReceived(
                order_id=ORDER,
                return_id=UUID(int=number),
                lines=lines_back,
                restock=(),
                refund=owed,
                received_by="Sam",
                received_at=NOON,
            )
            order = evolve(order, back)

        assert order.refundable == Money.zero("GBP")
