"""Reading the log.

A lane's checkpoint is the Postgres snapshot it has seen. Identity values become visible out of order, so
"everything after position N" loses what commits late; "everything that snapshot did not see" loses nothing,
and only the late message itself is late.

- A read takes a new snapshot as its *window* and delivers what the window sees and `seen` does not, by position.
- A window larger than a batch stays open: the checkpoint keeps (seen, window, position) until it is drained.
- Then `seen` becomes the window.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from msgspec import Struct
from msgspec.structs import replace

from eventbus import sql
from eventbus.errors import UnknownMessage
from eventbus.messages import Envelope, Message
from eventbus.registry import decode
from eventbus.snapshots import Snapshot


class Undecodable(Message):
    """Stands in an envelope for a message that this process cannot read yet."""

    error: str


class Selection(Struct, frozen=True):
    """Which messages a lane wants: those of `types` whose shard falls to it."""

    types: list[str]
    shards: int = 1
    shard: int = 0


class Progress(Struct, frozen=True):
    """How far a reader has come."""

    seen: Snapshot
    window: Snapshot | None = None
    position: int = 0

    def after(self, batch: Sequence[Envelope], limit: int) -> "Progress":
        """How far it has come once `batch` of at most `limit` messages is done."""
        assert self.window is not None
        if len(batch) == limit:
            return replace(self, position=batch[-1].position)
        return Progress(self.window)


def visible_now() -> Snapshot:
    """What a statement sees now, with this transaction's own messages left for later."""
    with connection.cursor() as cursor:
        cursor.execute(sql.NOW_VISIBLE)
        snapshot, own = cursor.fetchone()
    return Snapshot.parse(snapshot).without(int(own) if own else None)


def read(progress: Progress, selection: Selection, limit: int) -> tuple[Progress, list[Envelope]]:
    """The next messages, at most `limit`, and the progress with the window they were read in."""
    statement = sql.NEXT_IN_WINDOW
    if progress.window is None:
        progress = Progress(progress.seen, visible_now())
        statement = sql.FIRST_IN_WINDOW
    seen = progress.seen
    parameters = {
        "seen": str(seen),
        "window": str(progress.window),
        "next": str(seen.xmax),
        "running": [str(xid) for xid in seen.running],
        "position": progress.position,
        "limit": limit,
        **msgspec.structs.asdict(selection),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return progress, [envelope(row) for row in cursor.fetchall()]


def read_stream(stream: str, *, after: int = 0, until: datetime | None = None) -> list[Envelope]:
    """The revisions of one event-sourced stream, in order, that occurred at or before `until`."""
    with connection.cursor() as cursor:
        cursor.execute(sql.READ_STREAM, {"stream": stream, "after": after, "until": until})
        return [envelope(row) for row in cursor.fetchall()]


def envelope(row: Sequence[Any]) -> Envelope:
    """The envelope of a row selected with sql.ENVELOPE."""
    position, name, version, data, uuid, stream, revision, correlation, causation, occurred_at, headers = row
    try:
        message = decode(name, version, data)
    except UnknownMessage as error:
        message = Undecodable(error=str(error))
    return Envelope(
        message=message,
        position=position,
        id=uuid,
        stream=stream,
        revision=revision,
        correlation_id=correlation,
        causation_id=causation,
        occurred_at=occurred_at,
        headers=msgspec.json.decode(headers) if headers != "{}" else {},
    )
