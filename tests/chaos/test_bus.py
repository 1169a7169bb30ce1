"""What a chaos run does to a bus, and how it tells its own doing from a breach."""

from random import Random

import pytest
from django.db import transaction

from eventbus import Command, Event, Reject, publish
from eventbus.chaos import Bus, Invariant
from eventbus.models import Checkpoint, Delivery
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.toys import Counted

pytestmark = pytest.mark.usefixtures("toy_bus")


@pytest.fixture
def bus_in_chaos() -> Bus:
    """A bus on which one message has been delivered."""
    with transaction.atomic():
        publish(Counted(counter="a", number=1))
    drain()
    return Bus()


def invariant(bus: Bus, name: str) -> Invariant:
    (found,) = (invariant for invariant in bus.invariants() if invariant.name == name)
    return found


def suffer(bus: Bus, victim: str) -> None:
    (fault,) = (fault for fault in bus.faults() if fault.victim == victim)
    fault.begin(Random(1))
    fault.end()


def refuse(message: Event | Command) -> None:
    raise Reject("done before")


def test_a_delivered_message_reaches_its_handler_once_more(bus_in_chaos: Bus) -> None:
    suffer(bus_in_chaos, "messages")
    drain()

    assert toys.handled == [Counted(counter="a", number=1)] * 2
    assert bus_in_chaos.repeats == 1


def test_the_whole_log_reaches_its_handlers_once_more(bus_in_chaos: Bus) -> None:
    with transaction.atomic():
        publish(Counted(counter="b", number=2))
    drain()

    bus_in_chaos.deliver_all_again()
    drain()

    assert toys.handled == [Counted(counter="a", number=1), Counted(counter="b", number=2)] * 2


def test_a_spared_subscription_gets_nothing_twice(bus_in_chaos: Bus) -> None:
    suffer(Bus(spare=["toys.listener"]), "messages")

    assert not Delivery.objects.exists()


def test_what_a_handler_refuses_the_second_time_is_no_breach_and_put_aside(bus_in_chaos: Bus) -> None:
    toys.behaviour["listener"] = refuse
    suffer(bus_in_chaos, "messages")
    drain()

    assert list(invariant(bus_in_chaos, "no message is given up").breaches()) == []
    assert list(bus_in_chaos.under_way()) == []
    assert (bus_in_chaos.refused_repeats, Delivery.objects.count()) == (1, 0)


def test_any_other_dead_letter_is_a_breach(bus_in_chaos: Bus) -> None:
    toys.behaviour["listener"] = refuse
    with transaction.atomic():
        publish(Counted(counter="a", number=2))
    drain()

    (breach,) = invariant(bus_in_chaos, "no message is given up").breaches()
    assert breach.startswith("toys.listener gave up message ")
    assert breach.endswith(": Reject: done before")


def test_what_is_not_delivered_yet_is_named(bus_in_chaos: Bus) -> None:
    with transaction.atomic():
        publish(Counted(counter="a", number=2))

    assert list(bus_in_chaos.under_way()) == ["behind the log: toys.counters, toys.listener"]


def test_a_held_lane_is_let_go_again(bus_in_chaos: Bus) -> None:
    with transaction.atomic():
        publish(Counted(counter="a", number=2))
    suffer(bus_in_chaos, "lanes")
    drain()

    assert toys.CounterRow.objects.get(counter="a").numbers == [1, 2]


def test_a_checkpoint_that_goes_back_is_a_breach(bus_in_chaos: Bus) -> None:
    never_back = invariant(bus_in_chaos, "checkpoints never go back")
    assert list(never_back.breaches()) == []
    Checkpoint.objects.filter(subscription="toys.counters").update(seen="1:1:")

    (breach,) = never_back.breaches()
    assert breach.startswith("toys.counters/0 had seen up to ")


def test_a_wake_up_sent_twice_delivers_once(bus_in_chaos: Bus) -> None:
    with transaction.atomic():
        publish(Counted(counter="a", number=2))
    for _ in range(20):
        suffer(bus_in_chaos, "wake-ups")
    drain()

    assert toys.CounterRow.objects.get(counter="a").numbers == [1, 2]
