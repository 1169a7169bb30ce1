"""Brokers for the tests of the bridge, and a bus that has one."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from eventbus import subscriptions
from eventbus.bridge import outgoing
from eventbus.bridge.transport import Transport, connect
from eventbus.checkpoints import ensure_checkpoints
from tests.eventbus.bridge.brokers import (
    NO_RABBIT,
    Broker,
    PersistentRedis,
    RabbitMQ,
    rabbit_programs,
    running,
)


@pytest.fixture(scope="session")
def redis_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    yield from running(PersistentRedis(tmp_path_factory.mktemp("bridge") / "redis"))


@pytest.fixture(scope="session")
def rabbit_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    if rabbit_programs() is None:
        pytest.skip(NO_RABBIT)
    yield from running(RabbitMQ(tmp_path_factory.mktemp("bridge") / "rabbit"))


@pytest.fixture(params=["redis", "rabbit"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker that the bridge can be carried by."""
    found: Broker = request.getfixturevalue(f"{request.param}_broker")
    return found


@pytest.fixture
def channel(request: pytest.FixtureRequest) -> str:
    """A channel that no other test uses."""
    name: str = request.node.name
    return name.replace("[", "-").rstrip("]")


@pytest.fixture
def line(redis_broker: Broker) -> Iterator[Transport]:
    """A connection to the other side's broker."""
    transport = connect(redis_broker.url)
    yield transport
    transport.close()


@pytest.fixture
def bridge(toy_bus: None, redis_broker: Broker, channel: str, settings: Settings) -> Iterator[str]:
    """A bus that sends `toys.announced` and `toys.announce`, and receives `toys.counted` and `toys.ring`."""
    settings.EVENTBUS = settings.EVENTBUS | {
        "BRIDGE": {
            "NAME": f"{channel}-here",
            "SOURCE": "urn:shop",
            "BROKER": redis_broker.url,
            "SEND": {channel: ["toys.announced", "toys.announce"]},
            "RECEIVE": ["toys.counted", "toys.ring", "toys.only_newer"],
        }
    }
    known = dict(subscriptions._subscriptions)
    outgoing.declare()
    ensure_checkpoints()
    yield channel
    subscriptions._subscriptions.clear()
    subscriptions._subscriptions.update(known)
