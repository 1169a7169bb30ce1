"""Queues of a message broker through kombu, RabbitMQ above all: durable, confirmed, acknowledged by hand."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from amqp.exceptions import AMQPError
from kombu import Connection, Queue
from kombu.exceptions import KombuError

from eventbus.bridge.transport import TIMEOUT_SECONDS, BrokerDown, Parcel

PAUSE_SECONDS = 0.02
PERSISTENT = 2
_OPTIONS = {
    "confirm_publish": True,
    "read_timeout": TIMEOUT_SECONDS,
    "write_timeout": TIMEOUT_SECONDS,
    "max_retries": 0,
}


class Queues:
    """A transport over AMQP: one durable queue for each channel."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._declared: dict[str, Any] = {}

    def publish(self, channel: str, body: bytes) -> None:
        """Publish to the default exchange; returns at the broker's confirmation."""
        with self._told_as_down():
            queue = self._queue(channel)
            producer = self._open().Producer(queue.channel)
            producer.publish(
                body,
                routing_key=queue.name,
                delivery_mode=PERSISTENT,
                content_type="application/cloudevents+json",
                content_encoding="utf-8",
                mandatory=True,
                confirm_timeout=TIMEOUT_SECONDS,
            )

    def receive(self, channel: str, limit: int, wait_seconds: float) -> Sequence[Parcel]:
        """Fetch what the queue has; what an earlier connection left unacknowledged is there again."""
        end = monotonic() + wait_seconds
        with self._told_as_down():
            queue = self._queue(channel)
            while not (found := self._fetch(queue, limit)) and monotonic() < end:
                sleep(PAUSE_SECONDS)
            return found

    def _fetch(self, queue: Any, limit: int) -> list[Parcel]:
        found: list[Parcel] = []
        while len(found) < limit and (message := queue.get(no_ack=False)):
            text = message.body
            body = text.encode() if isinstance(text, str) else bytes(text)
            found.append(Parcel(message.delivery_tag, body))
        return found

    def acknowledge(self, channel: str, parcels: Sequence[Parcel]) -> None:
        """Acknowledge all up to the last one."""
        if not parcels:
            return
        with self._told_as_down():
            self._declared[channel].channel.basic_ack(parcels[-1].tag, multiple=True)

    def close(self) -> None:
        """Hang up; the broker hands out again what was not acknowledged."""
        connection, self._connection, self._declared = self._connection, None, {}
        if connection is not None:
            connection.release()

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(
                self._url, connect_timeout=TIMEOUT_SECONDS, transport_options=_OPTIONS
            )
        return self._connection

    def _queue(self, channel: str) -> Any:
        if channel not in self._declared:
            queue = Queue(f"bridge.{channel}", durable=True)
            bound = queue.bind(self._open().channel())
            bound.declare()
            self._declared[channel] = bound
        return self._declared[channel]

    @contextmanager
    def _told_as_down(self) -> Generator[None]:
        """Whatever goes wrong ends the connection, so that the broker hands out again what is open."""
        try:
            yield
        except (KombuError, OSError, AMQPError) as error:
            try:
                self.close()
            except (KombuError, OSError, AMQPError):
                self._connection, self._declared = None, {}
            raise BrokerDown(f"The broker: {error or type(error).__name__}") from error
