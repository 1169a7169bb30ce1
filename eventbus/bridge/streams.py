"""Redis Streams: a stream for each channel, read by one consumer group.

Redis confirms what it has in memory, and on the disk as its settings say: with `appendfsync always` nothing
that was confirmed is lost when it is killed, with `everysec` (its default) up to a second is, and without
`appendonly` all of it.
"""

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import redis

from eventbus.bridge.transport import TIMEOUT_SECONDS, BrokerDown, Parcel

GROUP, CONSUMER = "bridge", "bridge"
logger = logging.getLogger(__name__)


class RedisStreams:
    """A transport over Redis."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        self._grouped: set[str] = set()
        self._looked = False

    def publish(self, channel: str, body: bytes) -> None:
        """Append to the channel's stream."""
        with _told_as_down():
            self._warn_if_forgetful()
            self._redis.xadd(_key(channel), {"body": body})

    def receive(self, channel: str, limit: int, wait_seconds: float) -> Sequence[Parcel]:
        """What is pending first, then what is new."""
        with _told_as_down():
            self._ensure_group(channel)
            key = _key(channel)
            pending = self._redis.xautoclaim(key, GROUP, CONSUMER, 0, "0-0", count=limit)[1]
            if pending:
                return _parcels(pending)
            wait = max(1, round(wait_seconds * 1000))
            found: Any = self._redis.xreadgroup(GROUP, CONSUMER, {key: ">"}, count=limit, block=wait)
            streams = found.items() if isinstance(found, dict) else found or ()
            return [parcel for _, entries in streams for parcel in _parcels(entries)]

    def acknowledge(self, channel: str, parcels: Sequence[Parcel]) -> None:
        """Take them from what is pending, and out of the stream."""
        if not parcels:
            return
        tags = [parcel.tag for parcel in parcels]
        with _told_as_down(), self._redis.pipeline(transaction=True) as both:
            both.xack(_key(channel), GROUP, *tags)
            both.xdel(_key(channel), *tags)
            both.execute()

    def close(self) -> None:
        """Hang up."""
        self._redis.close()

    def _ensure_group(self, channel: str) -> None:
        if channel in self._grouped:
            return
        try:
            self._redis.xgroup_create(_key(channel), GROUP, id="0", mkstream=True)
        except redis.ResponseError as refusal:
            if not str(refusal).startswith("BUSYGROUP"):
                raise
        self._grouped.add(channel)

    def _warn_if_forgetful(self) -> None:
        if self._looked:
            return
        self._looked = True
        try:
            kept: Any = self._redis.config_get("appendonly")
        except redis.ResponseError:  # a hosted Redis may not tell
            return
        if kept.get("appendonly") == "no":
            reason = (
                "This Redis keeps nothing on the disk: what it confirms is lost with it. Set appendonly yes."
            )
            logger.warning("bridge_forgets", extra={"reason": reason})


@contextmanager
def _told_as_down() -> Generator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise BrokerDown(f"Redis: {error}") from error


def _key(channel: str) -> str:
    return f"bridge:{channel}"


def _parcels(entries: Any) -> list[Parcel]:
    return [Parcel(tag, fields.get(b"body", b"")) for tag, fields in entries]
