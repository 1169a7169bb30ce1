"""The Order aggregate: a pure fold, and a table that says what may follow what."""

from datetime import timedelta

import pytest
from django.db import transaction

from eventbus import backdated
from orders.errors import TransitionRefused
from orders.events import OrderCancelled, OrderConfirmed, OrderShipped
from orders.models import Order, OrderState, evolve, fold, is_number, new_number
from orders.queries import order_as_of
from orders.services import folding
from orders.services.fulfilling import record
from tests.orders.builders import NOON, ORDER, an_order_placed, pounds

CONFIRMED = OrderConfirmed(
    order_id=ORDER, units=2, total=pounds("20.95"), delivery="carrier", confirmed_at=NOON + timedelta(hours=1)
)
SHIPPED = OrderShipped(order_id=ORDER, tracking_number="SB1GB", shipped_at=NOON + timedelta(hours=2))
CANCELLED = OrderCancelled(
    order_id=ORDER, reason="card_declined", message="No.", refund=pounds("0"), cancelled_at=NOON
)


def test_an_order_is_the_fold_of_its_events() -> None:
    state = fold([an_order_placed(), CONFIRMED, SHIPPED])

    assert isinstance(state, OrderState)
    assert (state.state, state.revision, state.units) == ("shipped", 3, 2)
    assert (state.tracking_number, state.shipped_at) == ("SB1GB", NOON + timedelta(hours=2))


def test_no_events_are_no_order() -> None:
    assert fold([]) is None


def test_a_cancelled_order_keeps_the_reason_and_the_sentence() -> None:
    state = fold([an_order_placed(), CANCELLED])

    assert state is not None
    assert (state.state, state.reason, state.message) == ("cancelled", "card_declined", "No.")


@pytest.mark.parametrize(
    ("_case", "events", "sentence"),
    [
        ("ship unconfirmed", [an_order_placed(), SHIPPED], "is placed: OrderShipped cannot follow"),
        ("confirm nothing", [CONFIRMED], "is new: OrderConfirmed cannot follow; allowed: OrderPlaced."),
        (
            "cancel shipped",
            [an_order_placed(), CONFIRMED, SHIPPED, CANCELLED],
            "is shipped: OrderCancelled cannot follow; allowed: ReturnRequested, ReturnReceived, ",
        ),
        (
            "confirm cancelled",
            [an_order_placed(), CANCELLED, CONFIRMED],
            "is cancelled: OrderConfirmed cannot follow; allowed: OrderClaimed.",
        ),
    ],
)
def test_what_the_table_does_not_list_is_refused(_case: str, events: list[object], sentence: str) -> None:
    with pytest.raises(TransitionRefused) as refusal:
        fold(events)  # type: ignore[arg-type]

    assert sentence in str(refusal.value)


def test_a_number_can_be_checked_and_a_slip_is_caught() -> None:
    number = new_number()

    assert is_number(number)
    assert is_number(number.lower())
    for position, character in enumerate(number):
        if character != "-":
            slip = "1" if character == "0" else "0"
            assert not is_number(number[:position] + slip + number[position + 1 :])


@pytest.mark.usefixtures("bus")
class TestTheRow:
    """The row beside the stream."""

    @pytest.fixture(autouse=True)
    def _stream(self) -> None:
        with transaction.atomic():
            placed = an_order_placed()
            with backdated(NOON):
                record(None, placed)
            first = evolve(None, placed)
            with backdated(NOON + timedelta(hours=1)):
                record(first, CONFIRMED)
            with backdated(NOON + timedelta(hours=2)):
                record(evolve(first, CONFIRMED), SHIPPED)

    def test_the_row_is_the_fold(self) -> None:
        assert Order.objects.get().fold() == order_as_of(ORDER)

    def test_a_deleted_row_is_rebuilt_identical(self) -> None:
        before = Order.objects.values().get()
        Order.objects.all().delete()

        folding.rebuild_orders([ORDER])

        assert Order.objects.values().get() == before
