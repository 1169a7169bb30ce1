"""A room moves out, or back: its lanes end where nothing is left in them, and the new ones begin now."""

from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from eventbus import dispatch, drain, publish, send, subscriptions
from eventbus.bridge.handover import NotQuiet, hand_over
from eventbus.models import Checkpoint
from tests.acceptance.processes import environment
from tests.eventbus import toys


@pytest.fixture
def _moved(toy_bus: None) -> Iterator[None]:
    """A release whose `toys.announce` is handled elsewhere."""
    known = dict(subscriptions._subscriptions)
    del subscriptions._subscriptions["toys.announce"]
    yield
    subscriptions._subscriptions.clear()
    subscriptions._subscriptions.update(known)


def announce() -> None:
    with transaction.atomic():
        send(toys.Announce(counter="a"))
        publish(toys.Counted(counter="a", number=1))


@pytest.mark.usefixtures("_moved")
class TestARoomThatMovesOut:
    def test_its_lanes_end_and_nobody_elses(self) -> None:
        others = set(Checkpoint.objects.exclude(subscription="toys.announce").values_list("pk", flat=True))

        assert hand_over() == ([], ["toys.announce"])

        assert set(Checkpoint.objects.values_list("pk", flat=True)) == others

    def test_what_is_left_in_a_lane_keeps_it(self) -> None:
        announce()

        with pytest.raises(NotQuiet, match=r"toys\.announce still have messages to deliver"):
            hand_over()
        with pytest.raises(CommandError, match=r"toys\.announce still"):
            call_command("bridge", "--hand-over")

        assert Checkpoint.objects.filter(subscription="toys.announce").exists()

    def test_nobody_may_deliver_meanwhile(self) -> None:
        with psycopg.connect(environment()["DATABASE_URL"]) as relay:
            relay.execute("SELECT pg_advisory_lock(%s)", [dispatch.LEADER_LOCK])

            with pytest.raises(NotQuiet, match="A relay runs"):
                hand_over()


@pytest.mark.usefixtures("toy_bus")
def test_a_room_that_is_back_does_nothing_that_was_done_meanwhile() -> None:
    announce()
    drain()
    Checkpoint.objects.filter(subscription="toys.announce").delete()
    toys.handled.clear()

    assert hand_over() == (["toys.announce"], [])
    drain()
    assert toys.handled == []
    announce()
    drain()

    assert toys.Announce(counter="a") in toys.handled
