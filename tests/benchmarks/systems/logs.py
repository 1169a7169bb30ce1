"""The log filled by hand: COPY, with rows made beforehand, is the quickest way into a table."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from zlib import crc32

from django.db import connection, transaction

from eventbus import drain
from tests.benchmarks.events import Tallied
from tests.benchmarks.systems.contract import Count, counts

COPY = """
COPY eventbus_message (id, kind, type, version, stream, shard, data, headers, correlation_id, occurred_at)
FROM STDIN"""


def rows(messages: int, counters: int) -> list[tuple[Any, ...]]:
    """What `publish` would insert for a backlog."""
    now = datetime.now(UTC)
    return [_row(count, now) for count in counts(messages, counters)]


def _row(count: Count, now: datetime) -> tuple[Any, ...]:
    contract, uuid, stream = Tallied.contract, uuid4(), f"counter-{count.counter}"
    start = (uuid, contract.kind, contract.name, contract.version, stream, crc32(stream.encode()) % 256)
    return (*start, json.dumps(count._asdict()), "{}", uuid, now)


def copy(rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows into the log and commit."""
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(COPY) as stream:
        for row in rows:
            stream.write_row(row)


def copy_more(messages: int, counters: int) -> None:
    """Put a backlog into the log."""
    copy(rows(messages, counters))


def empty() -> None:
    """Forget every message."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE eventbus_message")


def fill(messages: int, counters: int) -> None:
    """A log of these messages, every one delivered, and nothing else."""
    empty()
    copy_more(messages, counters)
    drain()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
