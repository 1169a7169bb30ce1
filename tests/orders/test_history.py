"""An order at any moment: its row, its events, the story they make, and the row written anew from them."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from eventbus import backdated, drain
from orders import queries
from orders.errors import OrderNotFound, OrderNumberUnknown
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
from orders.models import SCHEMA, Order, OrderHistoryRow
from orders.services import folding
from orders.services.fulfilling import record
from tests.orders.builders import NOON, ORDER, an_order_placed, pounds

DOCS = Path(__file__).resolve().parents[2] / "docs"
NUMBER = "7KQ4-9MXR-2C8T"
RETURN = UUID("0196f0c0-0000-7000-8000-000000000002")
OTHER = UUID("0196f0c0-0000-7000-8000-000000000009")


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


def lines(quantity: int) -> tuple[ReturnLine, ...]:
    return (ReturnLine(sku="MUG-RED", quantity=quantity),)


CONFIRMED = OrderConfirmed(
    order_id=ORDER, units=2, total=pounds("20.95"), delivery="carrier", confirmed_at=hours(1)
)
SHIPPED = OrderShipped(order_id=ORDER, tracking_number="SB1GB", shipped_at=hours(2))
ASKED = ReturnRequested(
    order_id=ORDER, return_id=RETURN, lines=lines(2), reason="too red", requested_at=hours(30)
)
CAME_BACK = ReturnReceived(
    order_id=ORDER,
    return_id=RETURN,
    lines=lines(2),
    restock=lines(1),
    refund=pounds("17.00"),
    received_by="Sam",
    received_at=hours(50),
)
GIFT = RefundGranted(
    order_id=ORDER,
    refund_id=OTHER,
    lines=(),
    amount=pounds("1.00"),
    reason="late",
    granted_by="Sam",
    granted_at=hours(60),
)
STORY: list[tuple[float, Any]] = [(1, CONFIRMED), (2, SHIPPED), (30, ASKED), (50, CAME_BACK), (60, GIFT)]


def tell(*story: tuple[float, Any]) -> None:
    """Record an order and what happened to it, each at its own time."""
    with transaction.atomic():
        with backdated(NOON):
            record(None, an_order_placed())
        for count, event in story:
            with backdated(hours(count)):
                record(queries.order_state(ORDER), event)


def said(*arguments: str) -> str:
    """What a command prints."""
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_page_of_states_is_the_table() -> None:
    assert said("order_states") == (DOCS / "order-states.md").read_text()


@pytest.mark.usefixtures("bus")
class TestTheStory:
    """What is told of an order."""

    def test_every_event_has_its_sentence(self) -> None:
        tell(*STORY)

        story = queries.order_story(ORDER)

        assert [(one.revision, one.event, one.at) for one in story] == [
            (1, "OrderPlaced", NOON),
            (2, "OrderConfirmed", hours(1)),
            (3, "OrderShipped", hours(2)),
            (4, "ReturnRequested", hours(30)),
            (5, "ReturnReceived", hours(50)),
            (6, "RefundGranted", hours(60)),
        ]
        assert [one.sentence for one in story] == [
            "Ada King ordered 2 x The MUG-RED for £20.95, paid by card.",
            "The goods are reserved and £20.95 is paid.",
            "The goods left as parcel SB1GB.",
            "2 x MUG-RED are to come back: too red",
            "2 x MUG-RED came back to Sam, 1 x MUG-RED to be sold again; £17.00 goes back.",
            "Sam gave back £1.00: late",
        ]

    def test_an_order_that_was_called_off_says_by_whom_and_why(self) -> None:
        asked = CancellationRequested(
            order_id=ORDER,
            requested_by=Requester(role="shopper"),
            reason="a gift already",
            requested_at=hours(1),
        )
        ended = OrderCancelled(
            order_id=ORDER,
            reason="cancelled_by_shopper",
            message="Done.",
            refund=pounds("20.95"),
            cancelled_at=hours(1),
        )
        tell((1, CONFIRMED), (1, asked), (1, ended))

        assert [one.sentence for one in queries.order_story(ORDER)][2:] == [
            "the shopper asked to cancel: a gift already",
            "Cancelled: cancelled_by_shopper. £20.95 goes back.",
        ]

    def test_a_refused_return_says_why(self) -> None:
        refused = ReturnRefused(
            order_id=ORDER, return_id=RETURN, reason="worn", refused_by="Sam", refused_at=hours(40)
        )
        tell((1, CONFIRMED), (2, SHIPPED), (30, ASKED), (40, refused))

        assert queries.order_story(ORDER)[-1].sentence == "Sam did not take the goods back: worn"

    @pytest.mark.parametrize(
        ("count", "revision", "state", "returned", "refunded"),
        [
            (0, 1, "placed", {}, "0"),
            (1, 2, "confirmed", {}, "0"),
            (29.99, 3, "shipped", {}, "0"),
            (30, 4, "shipped", {}, "0"),
            (50, 5, "shipped", {"MUG-RED": 2}, "17.00"),
            (60, 6, "shipped", {"MUG-RED": 2}, "18.00"),
        ],
    )
    def test_any_moment_can_be_told(
        self, count: float, revision: int, state: str, returned: dict[str, int], refunded: str
    ) -> None:
        tell(*STORY)

        then = queries.order_as_of(ORDER, hours(count))

        assert (then.revision, then.state, then.returned) == (revision, state, returned)
        assert then.refunded == pounds(refunded)
        assert len(queries.order_story(ORDER, hours(count))) == revision

    def test_before_it_was_placed_there_is_no_order(self) -> None:
        tell()

        with pytest.raises(OrderNotFound):
            queries.order_as_of(ORDER, hours(-0.01))
        assert queries.order_story(ORDER, hours(-0.01)) == ()

    def test_the_command_tells_it(self) -> None:
        tell(*STORY)

        told = said("order_history", NUMBER.lower(), "--as-of", "2011-03-02T18:00")

        assert told.splitlines() == [
            f"Order {NUMBER}, {ORDER}",
            "  1. 2011-03-01 12:00:00+00:00  OrderPlaced: "
            "Ada King ordered 2 x The MUG-RED for £20.95, paid by card.",
            "  2. 2011-03-01 13:00:00+00:00  OrderConfirmed: The goods are reserved and £20.95 is paid.",
            "  3. 2011-03-01 14:00:00+00:00  OrderShipped: The goods left as parcel SB1GB.",
            "  4. 2011-03-02 18:00:00+00:00  ReturnRequested: 2 x MUG-RED are to come back: too red",
            "       state at 2011-03-02 18:00:00+00:00: shipped",
            "       total at 2011-03-02 18:00:00+00:00: £20.95",
            "  on its way at 2011-03-02 18:00:00+00:00: 2 x MUG-RED",
            "      parcel at 2011-03-02 18:00:00+00:00: SB1GB",
        ]

    def test_a_day_means_its_end(self) -> None:
        tell(*STORY)

        assert "OrderShipped" in said("order_history", NUMBER, "--as-of", "2011-03-01")
        assert "ReturnRequested" not in said("order_history", NUMBER, "--as-of", "2011-03-01")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["7KQ4-9MXR-2C8T", "--as-of", "2011-02-28"], "was not placed yet at 2011-02-28 23:59:59"),
            (["7KQ4-9MXR-2C8T", "--as-of", "yesterday"], "'yesterday' is no moment"),
            (["7KQ4-9MXR-2C8T", "--as-of", "2011-02-31"], "'2011-02-31' is no moment"),
            (["536365"], r"There is no order with the number 536365\.$"),
            (["7KQ4-9MXR-2C8X"], "Its last character does not fit the others: it is mistyped"),
        ],
    )
    def test_what_cannot_be_told_is_said(self, arguments: list[str], sentence: str) -> None:
        tell()

        with pytest.raises(CommandError, match=sentence):
            said("order_history", *arguments)


@pytest.mark.usefixtures("bus")
class TestTheRowWrittenAnew:
    """The row is a snapshot with a schema; its events are the truth."""

    def test_a_row_of_another_schema_is_read_from_the_events(self) -> None:
        tell(*STORY)
        Order.objects.update(schema=SCHEMA - 1, refunded_amount=0, returns=[])

        assert queries.order_state(ORDER).refunded == pounds("18.00")

    def test_a_missing_row_is_read_from_the_events(self) -> None:
        tell(*STORY)
        Order.objects.all().delete()

        assert queries.order_state(ORDER).revision == 6

    def test_an_order_without_row_and_events_is_not_found(self) -> None:
        with pytest.raises(OrderNotFound):
            queries.order_state(ORDER)

    @pytest.mark.parametrize("_case", ["other schema", "missing"])
    def test_the_next_event_writes_the_row_whole(self, _case: str) -> None:
        tell(*STORY[:-1])
        if _case == "missing":
            Order.objects.all().delete()
        else:
            Order.objects.update(schema=SCHEMA - 1, shipping_amount=0, lines=[])

        with transaction.atomic():
            record(queries.order_state(ORDER), GIFT)

        assert list(folding.differences(ORDER)) == []
        assert Order.objects.get().schema == SCHEMA

    def test_the_command_drops_and_folds_back_identical_rows(self) -> None:
        tell(*STORY)
        before = Order.objects.values().get()

        assert said("rebuild_orders", "--all") == "1 orders rebuilt from their events.\n"

        assert Order.objects.values().get() == before

    def test_the_command_mends_what_is_missing_and_what_is_outdated(self) -> None:
        tell(*STORY)
        drain()
        before = Order.objects.values().get()

        assert said("rebuild_orders") == "0 orders rebuilt from their events.\n"
        Order.objects.update(schema=1, lines=[])
        assert said("rebuild_orders") == "1 orders rebuilt from their events.\n"
        assert Order.objects.values().get() == before
        Order.objects.all().delete()
        assert said("rebuild_orders") == "1 orders rebuilt from their events.\n"
        assert Order.objects.values().get() == before

    def test_a_missing_row_can_be_named_by_its_number(self) -> None:
        tell(*STORY)
        drain()
        Order.objects.all().delete()

        said("rebuild_orders", NUMBER)

        assert queries.order_by_number(NUMBER) == Order.objects.get().pk == ORDER

    def test_all_goes_on_behind_an_order(self) -> None:
        tell(*STORY)

        assert said("rebuild_orders", "--all", "--after", str(ORDER)).startswith("0 orders")
        assert list(folding.every_order(after=UUID(int=0))) == [ORDER]

    def test_check_names_every_field_that_differs_and_writes_nothing(self) -> None:
        tell(*STORY)
        assert said("rebuild_orders", "--check") == "1 orders: every row is what its events add up to.\n"
        Order.objects.update(refunded_amount=0, tracking_number="LOST")
        out = StringIO()

        with pytest.raises(CommandError, match=r"2 differences in 1 orders\."):
            call_command("rebuild_orders", "--check", stdout=out)

        assert out.getvalue().splitlines() == [
            f"order {ORDER}: refunded_amount is 0, its events say 1800",
            f"order {ORDER}: tracking_number is 'LOST', its events say 'SB1GB'",
        ]
        assert Order.objects.get().tracking_number == "LOST"

    def test_check_sees_a_row_without_events_and_events_without_a_row(self) -> None:
        tell()
        drain()
        Order.objects.update(id=OTHER)
        out = StringIO()

        with pytest.raises(CommandError, match="2 differences in 2 orders"):
            call_command("rebuild_orders", "--check", stdout=out)

        assert out.getvalue().splitlines() == [
            f"order {ORDER}: row is None, its events say '{NUMBER}'",
            f"order {OTHER}: row is '{NUMBER}', its events say 'There is no order {OTHER}.'",
        ]

    def test_a_row_without_events_is_left_as_it_is(self) -> None:
        tell()
        Order.objects.update(id=OTHER)
        before, err = Order.objects.values().get(), StringIO()

        call_command("rebuild_orders", "--all", stdout=StringIO(), stderr=err)

        assert err.getvalue() == f"Left as it is: There is no order {OTHER}.\n"
        assert Order.objects.values().get() == before

    def test_an_unknown_number_is_said(self) -> None:
        with pytest.raises(CommandError, match="There is no order with the number 1234"):
            said("rebuild_orders", "1234")
        with pytest.raises(OrderNumberUnknown):
            queries.order_by_number("1234")
        assert not OrderHistoryRow.objects.exists()


@pytest.mark.usefixtures("bus")
class TestTwoAtOnce:
    """A row is rebuilt while an event is recorded, on two connections."""

    @staticmethod
    def blocked(work: "Future[None]") -> bool:
        """Whether the other connection waits for this one; False when it has finished without waiting."""
        with connection.cursor() as cursor:
            while not work.done():
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                )
                if cursor.fetchone()[0]:
                    return True
        return False

    @staticmethod
    def elsewhere(verb: Any, *arguments: Any) -> None:
        try:
            with transaction.atomic():
                verb(*arguments)
        finally:
            connection.close()

    @pytest.mark.parametrize("_case", ["there", "missing"])
    def test_an_event_that_is_being_recorded_is_waited_for(self, _case: str) -> None:
        tell((1, CONFIRMED))
        before = queries.order_state(ORDER)
        if _case == "missing":
            Order.objects.all().delete()
        with ThreadPoolExecutor(1) as other:
            with transaction.atomic():
                record(before, SHIPPED)
                rebuilding = other.submit(self.elsewhere, folding.rebuild_orders, [ORDER])
                assert self.blocked(rebuilding)
            rebuilding.result()

        assert (Order.objects.get().state, list(folding.differences(ORDER))) == ("shipped", [])

    @pytest.mark.parametrize("_case", ["there", "missing"])
    def test_an_event_recorded_during_a_rebuild_finds_the_row(self, _case: str) -> None:
        tell((1, CONFIRMED))
        before = queries.order_state(ORDER)
        if _case == "missing":
            Order.objects.all().delete()
        with ThreadPoolExecutor(1) as other:
            with transaction.atomic():
                folding.rebuild_orders([ORDER])
                recording = other.submit(self.elsewhere, record, before, SHIPPED)
                assert self.blocked(recording)
            recording.result()

        assert (Order.objects.get().state, list(folding.differences(ORDER))) == ("shipped", [])
