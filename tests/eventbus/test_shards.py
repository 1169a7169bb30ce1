"""A subscription that gets more lanes loses nothing, and is handed nothing twice, whichever code delivers."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from msgspec.structs import replace

from eventbus import Command, Event
from eventbus.checkpoints import ensure_checkpoints
from eventbus.errors import DefinitionError
from eventbus.lanes import deliver_lane
from eventbus.models import Checkpoint, Delivery
from eventbus.outbox import shard_of
from eventbus.subscriptions import Subscription, register, subscription
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.telling import count
from tests.eventbus.toys import Counted

NAME = "toys.listener"
EVEN, ODD = "e", "a"
pytestmark = pytest.mark.usefixtures("toy_bus")


@pytest.fixture
def one_lane(toy_bus: None) -> Iterator[Subscription]:
    old = subscription(NAME)
    yield old
    register(old)


def handled() -> list[int]:
    return [message.number for message in toys.handled if isinstance(message, Counted)]


def count_both(number: int) -> None:
    """One message for either of two lanes."""
    count(number, counter=EVEN)
    count(number + 1, counter=ODD)


def test_new_lanes_go_on_where_the_old_one_stands(one_lane: Subscription) -> None:
    assert [shard_of(f"counter-{each}") % 2 for each in (EVEN, ODD)] == [0, 1]
    count_both(1)
    drain()
    count_both(3)

    register(replace(one_lane, shards=2))
    ensure_checkpoints()
    count_both(5)
    drain()

    assert sorted(handled()) == [1, 2, 3, 4, 5, 6]
    assert Checkpoint.objects.filter(subscription=NAME).count() == 2


def test_a_worker_of_older_code_leaves_the_new_lanes_their_streams(one_lane: Subscription) -> None:
    register(replace(one_lane, shards=2))
    ensure_checkpoints()
    count_both(1)

    list(deliver_lane(one_lane, 0, timezone.now()))

    assert handled() == [1]
    drain()
    assert handled() == [1, 2]


def test_what_waits_is_tried_again_in_its_new_lane_only(one_lane: Subscription) -> None:
    def fail(message: Event | Command) -> None:
        raise ValueError("not now")

    toys.behaviour["listener"] = fail
    count_both(1)
    drain()
    register(replace(one_lane, shards=2))
    ensure_checkpoints()
    toys.behaviour.clear()
    toys.handled.clear()

    list(deliver_lane(one_lane, 0, timezone.now() + timedelta(hours=1)))

    assert handled() == [1]
    drain(timezone.now() + timedelta(hours=1))
    assert handled() == [1, 2]
    assert not Delivery.objects.exists()


def test_lanes_that_would_mix_streams_are_refused(one_lane: Subscription) -> None:
    register(replace(one_lane, shards=2))
    ensure_checkpoints()
    register(replace(one_lane, shards=3))

    with pytest.raises(DefinitionError, match=r"^toys\.listener has 2 lanes in the database and shards=3 in"):
        ensure_checkpoints()

    assert Checkpoint.objects.filter(subscription=NAME).count() == 2
