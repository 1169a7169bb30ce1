"""What the bridge needs of a broker, of each: confirmed is kept, unacknowledged comes again, in order."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeVar

import pytest

from eventbus.bridge.transport import BrokerDown, Transport, connect
from tests.eventbus.bridge.brokers import Broker

Result = TypeVar("Result")
Dial = Callable[[], Transport]


@pytest.fixture
def dial(broker: Broker) -> Iterator[Dial]:
    """Makes connections to the broker, and ends them."""
    with ExitStack() as stack:

        def dialled() -> Transport:
            transport = connect(broker.url)
            stack.callback(transport.close)
            return transport

        yield dialled


def bodies(transport: Transport, channel: str, limit: int = 100) -> list[bytes]:
    """What is handed out, without acknowledging it."""
    return [parcel.body for parcel in transport.receive(channel, limit, 0.3)]


def send(transport: Transport, channel: str, count: int) -> list[bytes]:
    sent = [f"message {number} é".encode() for number in range(count)]
    for body in sent:
        transport.publish(channel, body)
    return sent


def once_it_is_back(act: Callable[[], Result]) -> Result:
    """Do it as soon as the broker lets us."""
    end = time.monotonic() + 60
    while True:
        try:
            return act()
        except BrokerDown:
            assert time.monotonic() < end


def test_what_is_published_is_received_in_order(dial: Dial, channel: str) -> None:
    sent = send(dial(), channel, 20)

    assert bodies(dial(), channel) == sent


def test_it_hands_out_no_more_than_is_asked_for(dial: Dial, channel: str) -> None:
    sent, here = send(dial(), channel, 5), dial()

    first = here.receive(channel, 2, 0.3)
    here.acknowledge(channel, first)

    assert [parcel.body for parcel in first] + bodies(here, channel) == sent


def test_what_nobody_acknowledged_comes_again_and_first(dial: Dial, channel: str) -> None:
    there, lost = dial(), dial()
    sent = send(there, channel, 3)
    assert bodies(lost, channel) == sent
    lost.close()
    there.publish(channel, b"later")

    here = dial()
    seen: list[bytes] = []
    while parcels := here.receive(channel, 100, 0.3):
        seen += [parcel.body for parcel in parcels]
        here.acknowledge(channel, parcels)

    assert seen == [*sent, b"later"]


def test_what_was_acknowledged_never_comes_again(dial: Dial, channel: str) -> None:
    there, here = dial(), dial()
    send(there, channel, 3)
    here.acknowledge(channel, here.receive(channel, 100, 0.3))
    here.close()

    assert bodies(dial(), channel) == []


def test_an_empty_channel_is_waited_for_no_longer_than_asked(dial: Dial, channel: str) -> None:
    here = dial()
    bodies(here, channel)
    began = time.monotonic()

    assert here.receive(channel, 1, 0.2) == []
    assert 0.15 < time.monotonic() - began < 2


def test_channels_are_apart(dial: Dial, channel: str) -> None:
    there = dial()
    there.publish(channel, b"yours")
    there.publish(f"{channel}-other", b"theirs")

    assert bodies(dial(), channel) == [b"yours"]


def test_what_was_confirmed_survives_the_brokers_death(broker: Broker, dial: Dial, channel: str) -> None:
    there, here = dial(), dial()
    sent = send(there, channel, 10)
    here.acknowledge(channel, here.receive(channel, 4, 0.3))
    broker.settle()
    broker.kill()
    for transport in (there, here):
        with pytest.raises(BrokerDown):
            transport.publish(channel, b"into the void")
    with pytest.raises(BrokerDown):
        here.receive(channel, 1, 0.1)
    broker.start()

    once_it_is_back(lambda: there.publish(channel, b"afterwards"))
    seen = once_it_is_back(lambda: bodies(here, channel))

    # What a dying broker has not noted comes once more, such as an acknowledgement; nothing is missing.
    again = [body for body in seen if body not in sent[:4]]
    assert (again[:6], set(again[6:])) == (sent[4:], {b"afterwards"})
