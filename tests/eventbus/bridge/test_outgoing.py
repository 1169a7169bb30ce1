"""What leaves over the bridge: all of it, once it is confirmed, in order; and never what came in over it."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from eventbus import correlate, drain, publish, send
from eventbus.bridge import inbox
from eventbus.bridge.checks import check_bridge
from eventbus.bridge.running import Bridge
from eventbus.bridge.transport import Transport
from eventbus.contracts.cloudevents import CloudEvent, envelope_of, read
from eventbus.doctor import bridging
from eventbus.models import Breaker, Delivery, Message
from eventbus.subscriptions import subscriptions
from tests.eventbus import toys
from tests.eventbus.bridge.brokers import Broker
from tests.eventbus.bridge.test_inbox import body, named

pytestmark = pytest.mark.usefixtures("bridge")


def announce(*counters: str) -> None:
    with transaction.atomic():
        publish(*(toys.Announced(counter=counter) for counter in counters))


def came(line: Transport, channel: str) -> list[CloudEvent]:
    """What the other side gets."""
    parcels = line.receive(channel, 1000, 0.3)
    line.acknowledge(channel, parcels)
    return [read(parcel.body) for parcel in parcels]


def test_a_message_leaves_as_a_cloud_event_with_all_that_the_bus_knows(line: Transport, bridge: str) -> None:
    with correlate(UUID(int=9), actor="user-7"):
        announce("a")
    drain()

    (event,) = came(line, bridge)
    found = Message.objects.get(type="toys.announced")
    assert (event.source, event.type, event.id) == ("urn:shop", "toys.announced", str(found.uuid))
    there = envelope_of(event)
    assert (there.message, there.correlation_id) == (toys.Announced(counter="a"), UUID(int=9))
    assert there.headers["actor"] == "user-7"


def test_a_fault_of_our_own_ends_the_process_and_is_told() -> None:
    class Faulty(Bridge):
        def _receive(self) -> None:
            raise LookupError("a bug")

    with pytest.raises(LookupError, match="a bug"):
        Faulty(threading.Event()).run()


def test_what_the_settings_do_not_name_stays_here(line: Transport, bridge: str) -> None:
    with transaction.atomic():
        publish(toys.Counted(counter="a", number=1))
        send(toys.Announce(counter="a"))
    drain()

    assert [event.type for event in came(line, bridge)] == ["toys.announce"]


def test_the_streams_keep_their_order(line: Transport, bridge: str) -> None:
    for number in range(5):
        announce(f"{number}", "same")
        with transaction.atomic():
            send(toys.Announce(counter="same"))
    drain()

    told = [event for event in came(line, bridge) if event.subject == "counter-same"]
    assert [event.type for event in told] == ["toys.announced", "toys.announce"] * 5


def test_what_came_in_over_the_bridge_does_not_go_out_again(
    line: Transport, bridge: str, settings: Settings
) -> None:
    settings.EVENTBUS["BRIDGE"]["RECEIVE"].append("toys.announced")
    inbox.take([body(1, type="toys.announced", data={"counter": "theirs"})])
    announce("ours")
    drain()

    assert [event.data["counter"] for event in came(line, bridge)] == ["ours"]


def test_what_it_caused_here_does_go_out(line: Transport, bridge: str) -> None:
    def answer(message: Any) -> None:
        publish(toys.Announced(counter=message.counter))

    toys.behaviour["listener"] = answer
    inbox.take([body(1)])
    drain()

    (event,) = came(line, bridge)
    assert event.extensions["causationid"] == str(named(1))


def test_while_the_broker_is_away_everything_waits_and_nothing_is_lost(
    redis_broker: Broker, line: Transport, bridge: str
) -> None:
    redis_broker.kill()
    announce("a", "b", "c", "d")
    drain()
    waiting = Delivery.objects.filter(subscription=f"bridge.{bridge}")
    assert {(one.state, one.attempts) for one in waiting} == {("waiting", 0)}
    assert waiting.count() == 4
    assert Breaker.objects.get(dependency=f"the bridge to {bridge}").open_until is not None
    redis_broker.start()

    drain(now=timezone.now() + timedelta(minutes=5))

    assert sorted(event.data["counter"] for event in came(line, bridge)) == ["a", "b", "c", "d"]


@contextmanager
def carrying() -> Iterator[None]:
    """A bridge in this process, in threads of its own."""
    stop = threading.Event()
    thread = threading.Thread(target=Bridge(stop).run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def wait_until(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_process_sends_receives_and_tells_what_it_carried(
    line: Transport, bridge: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "eventbus")
    announce("a")
    for number in (1, 2):
        line.publish(f"{bridge}-here", body(number))
    with carrying():
        wait_until(lambda: Message.objects.filter(type="toys.counted").count() == 2)
        wait_until(lambda: not [w for w in Delivery.objects.all() if w.subscription.startswith("bridge")])
        (receiver,) = bridging.receiver()
        found = came(line, bridge)

    assert receiver.means == f"A bridge receives as {bridge}-here."
    assert [event.data for event in found] == [{"counter": "a"}]
    (stopped,) = [record for record in caplog.records if record.message == "bridge_stopped"]
    assert (stopped.sent, stopped.received) == (1, 2)  # type: ignore[attr-defined]
    assert line.receive(f"{bridge}-here", 10, 0.1) == []


def test_nobody_else_delivers_what_the_bridge_carries(bridge: str) -> None:
    assert {s.queue for s in subscriptions() if s.name.startswith("bridge.")} == {"bridge"}


def test_without_settings_there_is_no_bridge(settings: Settings) -> None:
    settings.EVENTBUS = {"DISPATCH": "manual"}

    with pytest.raises(CommandError, match="There is no bridge"):
        call_command("bridge")
    assert (list(bridging.receiver()), check_bridge(None)) == ([], [])


def test_the_settings_are_checked(settings: Settings) -> None:
    settings.EVENTBUS["BRIDGE"] |= {
        "SEND": {"there": ["toys.anounced", "toys.ring"]},
        "RECEIVE": ["toys.ring"],
        "ELSEWHERE": ["shipping"],
    }

    found = check_bridge(None)

    assert [(one.id, one.hint) for one in found] == [
        ("eventbus.E010", "Did you mean 'toys.announced'?"),
        ("eventbus.E011", "A message goes over a bridge one way only."),
        ("eventbus.E012", "Name the label of an app whose handlers run on the other side."),
    ]
