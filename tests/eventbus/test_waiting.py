"""Waiting until a projection shows what was just published."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from msgspec.structs import replace

from eventbus import drain, publish, published_ids, wait_until_seen
from eventbus.draining import deliver
from eventbus.lanes import deliver_lane
from eventbus.models import Delivery, Message
from eventbus.subscriptions import subscription
from tests.eventbus import toys
from tests.eventbus.toys import Counted, CounterRow
from tests.eventbus.writers import Writer

COUNTERS = "toys.counters"
pytestmark = pytest.mark.usefixtures("toy_bus")


def count(*numbers: int) -> UUID:
    """Publish in one transaction; the id of the last."""
    with transaction.atomic():
        return publish(*(Counted(counter="a", number=number) for number in numbers))[-1]


def look(message_id: UUID, seconds: float = 0, **options: Any) -> str:
    return wait_until_seen(message_id, COUNTERS, seconds=seconds, **options)


def test_a_message_is_seen_once_its_rows_are_written() -> None:
    message_id = count(1)

    before = look(message_id)
    drain()

    assert (before, look(message_id)) == ("behind", "seen")


def test_a_wait_ends_as_soon_as_it_is_seen() -> None:
    message_id, pauses = count(5), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            drain()

    sight = look(message_id, seconds=60, pause=pause)

    assert (sight, CounterRow.objects.get().total) == ("seen", 5)
    assert pauses == pytest.approx([0.005, 0.0075, 0.01125])


def test_a_wait_ends_when_its_time_is_up() -> None:
    assert look(count(1), seconds=0.02) == "behind"


def test_nothing_is_open_between_two_looks() -> None:
    held = list[bool]()

    look(count(1), seconds=0.02, pause=lambda _: held.append(transaction.get_connection().in_atomic_block))

    assert set(held) == {False}


def test_nobody_waits_for_a_message_that_there_is_none_of() -> None:
    assert look(uuid4(), seconds=60) == "unknown"


def test_a_message_that_nobody_folds_is_not_waited_for() -> None:
    with transaction.atomic():
        (message_id,) = publish(toys.Opened(door_id=uuid4()))

    assert look(message_id, seconds=60) == "seen"


def test_what_its_transaction_said_before_it_is_waited_for_too() -> None:
    with transaction.atomic():
        count(1)
        (last,) = publish(toys.Opened(door_id=uuid4()))

    assert look(last) == "behind"


def test_what_its_transaction_said_after_it_is_not() -> None:
    with transaction.atomic():
        (first,) = publish(toys.Opened(door_id=uuid4()))
        count(1)

    assert look(first) == "seen"


def test_in_an_open_window_only_the_drained_part_is_seen() -> None:
    with transaction.atomic():
        ids = publish(*(Counted(counter="a", number=n) for n in range(5)))

    next(deliver_lane(replace(subscription(COUNTERS), batch=2), 0, timezone.now()))

    assert [look(each) for each in ids] == ["seen", "seen", "behind", "behind", "behind"]


def test_a_message_that_commits_late_is_waited_for(writer: Writer) -> None:
    writer.publish(1)
    count(2)
    drain()
    writer.commit()
    late = Message.objects.order_by("position").values_list("uuid", flat=True)[0]

    before = look(late)
    deliver((COUNTERS, 0))

    assert (before, look(late)) == ("behind", "seen")


def test_a_message_that_was_set_aside_is_not_seen() -> None:
    message_id = count(1)
    drain()
    Delivery.objects.create(
        subscription=COUNTERS,
        message=Message.objects.get(),
        stream="counter-a",
        shard=0,
        state="dead",
        due_at="2030-01-01T00:00Z",
    )

    assert look(message_id) == "behind"


def test_only_names_of_subscriptions_can_be_waited_for() -> None:
    with pytest.raises(LookupError):
        wait_until_seen(count(1), "toys.nothing", seconds=0)


def test_the_ids_of_what_is_published_are_told_and_no_consequences() -> None:
    with published_ids() as ids:
        count(1, 2)
        with transaction.atomic():
            (last,) = publish(toys.Opened(door_id=uuid4()))
        drain()
    count(3)

    assert len(ids) == 3
    assert ids[-1] == last
    assert Message.objects.filter(causation_id__isnull=False).exists()
