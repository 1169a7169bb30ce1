"""The port to a broker. A channel is the way to one side of the bridge, named for who receives there."""

from collections.abc import Sequence
from typing import Any, Protocol

from msgspec import Struct

from eventbus.errors import EventBusError

TIMEOUT_SECONDS = 5.0


class BrokerDown(EventBusError):
    """The broker cannot be reached, or does not say that it has kept what it was given."""


class Parcel(Struct, frozen=True):
    """One message as a broker hands it out; `tag` is what it wants to hear again when it is done with."""

    tag: Any
    body: bytes


class Transport(Protocol):
    """What the bridge needs of a broker. Every method raises BrokerDown, and can be called again after it."""

    def publish(self, channel: str, body: bytes) -> None:
        """Hand a message over; returns once the broker has confirmed that it keeps it."""

    def receive(self, channel: str, limit: int, wait_seconds: float) -> Sequence[Parcel]:
        """The next messages, oldest first, waiting for the first one at most so long.

        What was handed out and never acknowledged comes first, whoever it was handed out to.
        """

    def acknowledge(self, channel: str, parcels: Sequence[Parcel]) -> None:
        """These are done with: they are not handed out again."""

    def close(self) -> None:
        """Hang up."""


def connect(url: str) -> Transport:
    """The transport to the broker at `url`: redis:// or rediss://, else whatever kombu knows (amqp://)."""
    if url.startswith(("redis://", "rediss://", "unix://")):
        from eventbus.bridge.streams import RedisStreams  # noqa: PLC0415  (each needs a library of its own)

        return RedisStreams(url)
    from eventbus.bridge.queues import Queues  # noqa: PLC0415

    return Queues(url)
