"""Calling out: attempts, leases and outages."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from eventbus import Command, DependencyDown, Event, publish
from eventbus.errors import LeaseLost
from eventbus.external import claim, settle
from eventbus.lanes import deliver_lane, headline
from eventbus.models import Delivery
from eventbus.subscriptions import subscription
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.toys import Announced

pytestmark = pytest.mark.usefixtures("toy_bus")


@transaction.atomic
def announce(*counters: str) -> None:
    publish(*(Announced(counter=counter) for counter in counters))


def set_aside() -> None:
    """Bring the messages as far as their deliveries, without calling out."""
    list(deliver_lane(subscription("toys.caller"), 0, timezone.now()))


def test_no_transaction_is_open_during_a_call() -> None:
    open_during_call = []

    def look(message: Event | Command) -> None:
        open_during_call.append(connection.in_atomic_block)

    toys.behaviour["caller"] = look
    announce("a")

    drain()

    assert open_during_call == [False]


def test_an_outage_costs_no_attempt() -> None:
    def down(message: Event | Command) -> None:
        raise DependencyDown("bell tower")

    toys.behaviour["caller"] = down
    announce("a")
    for hours in range(10):
        drain(timezone.now() + timedelta(hours=hours))

    (waiting,) = Delivery.objects.all()
    assert (waiting.attempts, waiting.outages, waiting.state) == (0, 10, Delivery.State.WAITING)
    assert waiting.error == "DependencyDown: bell tower"

    toys.behaviour.clear()
    drain(timezone.now() + timedelta(hours=11))
    assert toys.recorded == ["a"]


def test_a_failing_call_ends_as_a_dead_letter() -> None:
    def fail(message: Event | Command) -> None:
        raise ValueError("no bell")

    toys.behaviour["caller"] = fail
    announce("a")
    for hours in range(5):
        drain(timezone.now() + timedelta(hours=hours))

    (dead,) = Delivery.objects.all()
    assert (dead.attempts, dead.state) == (3, Delivery.State.DEAD)
    assert headline(dead.error) == "ValueError: no bell"
    assert toys.recorded == []


def test_the_attempt_is_counted_when_it_begins() -> None:
    announce("a")
    set_aside()

    claim(subscription("toys.caller"), timezone.now())

    assert Delivery.objects.get().attempts == 1


def test_who_has_lost_the_lease_settles_nothing_and_hears_about_it() -> None:
    announce("a")
    set_aside()
    caller = subscription("toys.caller")
    slow = claim(caller, timezone.now())
    quick = claim(caller, timezone.now() + timedelta(seconds=61))
    assert slow is not None
    assert quick is not None
    assert slow.envelope.id == quick.envelope.id

    with pytest.raises(LeaseLost, match=r"^toys.caller took longer than its lease of 60 s for message \d+; "):
        settle(caller, slow, lambda: toys.recorded.append("slow"))
    settle(caller, quick, lambda: toys.recorded.append("quick"))

    assert toys.recorded == ["quick"]
    assert not Delivery.objects.exists()


def test_a_claimed_delivery_and_its_stream_are_left_alone() -> None:
    announce("a", "a", "b")
    set_aside()
    caller = subscription("toys.caller")

    claimed = [claim(caller, timezone.now()) for _ in range(3)]

    assert [lease and lease.envelope.message for lease in claimed] == [
        Announced(counter="a"),
        Announced(counter="b"),
        None,
    ]


def test_a_second_delivery_calls_again_with_the_same_message() -> None:
    announce("a")

    drain(twice=True)

    assert toys.handled == [Announced(counter="a"), Announced(counter="a")]
