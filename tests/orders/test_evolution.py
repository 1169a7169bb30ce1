"""An event at its second version: what was stored at the first is read as if it had always been this way."""

import json

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from eventbus.registry import decode
from eventbus.testing import assert_rebuilds, drain
from orders import queries
from orders.events import CancellationRequested, Requester
from orders.models import SCHEMA, Order
from orders.projections import OrderHistory, SalesByDay
from orders.services.fulfilling import record
from tests.orders.builders import NOON, ORDER, a_confirmed_order

TYPE = "orders.cancellation_requested"
SHOPPER = Requester(role="shopper")


def old(requested_by: str) -> str:
    """The event's data as version 1 wrote it."""
    data = {"order_id": str(ORDER), "requested_by": requested_by, "reason": "x", "requested_at": str(NOON)}
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "requester"),
    [
        ("the shopper", SHOPPER),
        ("shopper", SHOPPER),
        ("sam", Requester(role="staff", name="sam")),
        ("", Requester(role="staff", name="")),
    ],
)
def test_one_text_becomes_a_role_and_a_name(text: str, requester: Requester) -> None:
    message = decode(TYPE, 1, old(text))

    assert isinstance(message, CancellationRequested)
    assert message.requested_by == requester


def called_off(requested_by: str) -> None:
    """An order whose cancellation was asked for before the event had two versions."""
    a_confirmed_order()
    with transaction.atomic():
        asked = CancellationRequested(order_id=ORDER, requested_by=SHOPPER, reason="x", requested_at=NOON)
        record(queries.order_state(ORDER), asked)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE eventbus_message SET version = 1, data = %s WHERE type = %s", [old(requested_by), TYPE]
        )
        assert cursor.rowcount == 1


@pytest.mark.usefixtures("bus")
class TestALogWithTheOldVersion:
    def test_the_story_names_who_asked(self) -> None:
        called_off("sam")

        assert queries.order_story(ORDER)[-1].sentence == "sam asked to cancel: x"

    def test_what_was_folded_before_the_change_is_what_is_folded_after(self) -> None:
        called_off("the shopper")

        assert queries.order_as_of(ORDER) == queries.order_state(ORDER)
        call_command("rebuild_orders", "--all", "--check")

    def test_the_saga_and_the_read_models_take_it(self) -> None:
        called_off("sam")

        drain()

        assert queries.order_state(ORDER).state == "cancelled"
        assert_rebuilds(OrderHistory)
        assert_rebuilds(SalesByDay)

    def test_a_snapshot_of_an_older_shape_is_folded_anew_from_both_versions(self) -> None:
        called_off("sam")
        before = queries.order_state(ORDER)
        Order.objects.update(schema=SCHEMA - 1, cancellation_requested_at=None, lines=[])

        assert queries.order_state(ORDER) == before
        call_command("rebuild_orders")

        row = Order.objects.get()
        assert (row.schema, row.fold()) == (SCHEMA, before)


def test_who_asks_is_written_short() -> None:
    assert [str(SHOPPER), str(Requester(role="staff", name="sam"))] == ["the shopper", "sam"]
