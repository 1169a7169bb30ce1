"""What a long queue costs whose statements were planned while it was short, as it is most of the time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from eventbus import draining
from eventbus.external import call_out, claim
from eventbus.models import Delivery, Message
from eventbus.subscriptions import subscription
from eventbus.watching import lanes_due
from tests.eventbus.telling import announce, count

pytestmark = pytest.mark.usefixtures("toy_bus")

LOOKS_UNTIL_PLANS_ARE_KEPT = 12
"""Psycopg prepares a statement the fifth time, and Postgres keeps its plan after five more."""


def claim_a_call() -> None:
    assert claim(subscription("toys.caller"), timezone.now())


def call_and_settle() -> None:
    assert next(call_out(subscription("toys.caller"), timezone.now()))


def ask_what_is_due() -> None:
    assert ("toys.caller", 0) in lanes_due(timezone.now())


def deliver_past_those_that_wait() -> None:
    count(1, counter="of its own")
    assert draining.deliver(("toys.listener", 0)) == 1


def set_aside(name: str, positions: list[int], due_at: datetime) -> None:
    Delivery.objects.bulk_create(
        Delivery(subscription=name, message_id=position, stream=f"toy-{position}", shard=0, due_at=due_at)
        for position in positions
    )


def rows_read_without_an_index() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'eventbus_delivery'")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("look", "name", "due_in_hours", "rows"),
    [
        (claim_a_call, "toys.caller", 0, 0),
        (call_and_settle, "toys.caller", 0, 0),
        (ask_what_is_due, "toys.caller", 0, 0),
        (deliver_past_those_that_wait, "toys.listener", 1, 1),  # whether there is any, asked on taking a lane
    ],
)
def test_a_queue_that_has_grown_is_not_read_as_the_short_one_it_was(
    look: Callable[[], None], name: str, due_in_hours: int, rows: int
) -> None:
    announce(*(str(number) for number in range(300)))
    due_at = timezone.now() + timedelta(hours=due_in_hours)
    positions = list(Message.objects.order_by("position").values_list("position", flat=True))
    set_aside(name, positions[:LOOKS_UNTIL_PLANS_ARE_KEPT], due_at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE eventbus_delivery")
    for _ in range(LOOKS_UNTIL_PLANS_ARE_KEPT):
        look()

    set_aside(name, positions[LOOKS_UNTIL_PLANS_ARE_KEPT:], due_at)
    before = rows_read_without_an_index()
    look()

    assert rows_read_without_an_index() - before == rows
