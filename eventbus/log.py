"""Reading the log.

A lane's checkpoint is the Postgres snapshot it has seen. Identity values become visible out of order, so
"everything after position N" loses what commits late; "everything that snapshot did not see" loses nothing,
and only the late message itself is late.

- A read takes a new snapshot as its *window* and delivers, by position, what it sees and `seen` does not.
- A window larger than a batch stays open: the checkpoint keeps (seen, window, position) until it is drained.
- Then `seen` becomes the window.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from msgspec import Struct
from msgspec.structs import replace

from eventbus import sql
from eventbus.context import correlate, current_cause
from eventbus.errors import ArchivedStream, UnknownMessage
from eventbus.messages import Envelope, Message
from eventbus.preparing import rows_by_index
from eventbus.registry import decode
from eventbus.snapshots import Snapshot

STALE_MESSAGES = 1000
"""How far an idle lane may fall behind: each look at the log passes over what it has not seen."""


class Undecodable(Message):
    """Stands in an envelope for a message of type `name` that this process cannot read yet."""

    name: str
    error: str


class Selection(Struct, frozen=True):
    """Which messages a lane wants: those of `types` whose shard falls to it."""

    types: list[str]
    shards: int = 1
    shard: int = 0


class Settled(Struct, frozen=True):
    """All messages below `position` are of transactions below `xid`. ended: whether all of these have."""

    position: int = 0
    xid: int = 0
    ended: bool = True

    @classmethod
    def of(cls, position: int | None, xid: str | None, ended: bool | None) -> "Settled":
        """What a statement with sql.SETTLED says; nothing where that found none."""
        return cls(position, int(xid), bool(ended)) if position and xid else cls()

    def is_seen(self, seen: Snapshot) -> bool:
        """Whether a reader has come as far."""
        return (seen.xmin if self.ended else seen.xmax) >= self.xid

    def floors(self, seen: Snapshot) -> dict[str, int]:
        """Below which position nothing is new to a reader, and nothing is of those it has seen running.

        The partitions below need not be asked.
        """
        return {
            "floor": self.position if seen.xmax >= self.xid else 0,
            "running_floor": self.position if seen.xmin >= self.xid else 0,
        }


class Progress(Struct, frozen=True):
    """How far a reader has come."""

    seen: Snapshot
    window: Snapshot | None = None
    position: int = 0


def visible_now() -> Snapshot:
    """What a statement sees now, with this transaction's own messages left for later."""
    with connection.cursor() as cursor:
        cursor.execute(sql.NOW_VISIBLE)
        snapshot, own = cursor.fetchone()
    return Snapshot.parse(snapshot).without(int(own) if own else None)


def settled_now() -> Settled:
    """What is settled."""
    with connection.cursor() as cursor:
        cursor.execute(sql.NOW_SETTLED)
        return Settled.of(*cursor.fetchone())


def read(
    progress: Progress,
    selection: Selection,
    limit: int,
    until: Snapshot | None = None,
    settled: Settled = Settled(),  # noqa: B008  (never changed)
) -> tuple[list[Envelope], Progress]:
    """The next messages, at most `limit`, and how far the reader has come once they are done.

    The batch may be empty while a window is still open; the reader is up to date when it is not.
    until: the window to open where none is; default all that is visible now. settled: spares the old
    partitions a look; default nothing.
    """
    if progress.window is None:
        floors = settled.floors(progress.seen)
        return _open_window(progress.seen, until or visible_now(), selection, limit, floors)
    return _walk_window(progress, progress.window, selection, limit)


def _open_window(
    seen: Snapshot, window: Snapshot, selection: Selection, limit: int, floors: dict[str, int]
) -> tuple[list[Envelope], Progress]:
    news = {"next": str(seen.xmax), "running": [str(xid) for xid in seen.running], **floors}
    batch = _select(sql.FIRST_IN_WINDOW, selection, window=str(window), limit=limit, **news)
    if len(batch) < limit:
        return batch, Progress(window)
    return batch, Progress(seen, window, batch[-1].position)


def _walk_window(
    progress: Progress, window: Snapshot, selection: Selection, limit: int
) -> tuple[list[Envelope], Progress]:
    ((end, length),) = rows_by_index(sql.STRETCH, [progress.position, limit])
    walk = {"window": str(window), "seen": str(progress.seen), "position": progress.position, "end": end}
    batch = _select(sql.NEXT_IN_WINDOW, selection, **walk)
    return batch, replace(progress, position=end) if length == limit else Progress(window)


def _select(statement: str, selection: Selection, **parameters: Any) -> list[Envelope]:
    return [envelope(row) for row in rows_by_index(statement, msgspec.structs.asdict(selection) | parameters)]


def last_position() -> int:
    """The highest position of the log, 0 where it is empty."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(position), 0) FROM eventbus_message")
        return int(cursor.fetchone()[0])


def read_positions(positions: Sequence[int]) -> list[Envelope]:
    """The messages at these positions, in order."""
    with connection.cursor() as cursor:
        cursor.execute(sql.READ_POSITIONS, [list(positions)])
        return [envelope(row) for row in cursor.fetchall()]


def read_stream(stream: str, *, after: int = 0, until: datetime | None = None) -> list[Envelope]:
    """The revisions of one event-sourced stream, in order, that occurred at or before `until`.

    after: the revision behind which to begin (they start at 1); default all.
    Raises ArchivedStream where some of them are archived: never a shortened history.

    Example:

        with transaction.atomic():
            publish(order_placed, OrderCancelled(order_id=ORDER), revision=1)
        assert [envelope.revision for envelope in read_stream(f"order-{ORDER}")] == [1, 2]
        assert read_stream(f"order-{ORDER}", after=1)[0].message == OrderCancelled(order_id=ORDER)
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.READ_STREAM, {"stream": stream, "after": after, "until": until})
        history = [envelope(row) for row in cursor.fetchall()]
    if not history or history[-1].revision != after + len(history):
        _refuse_archived(stream, after)
    return history


@contextmanager
def continuing(stream: str) -> Generator[None]:
    """What is published inside belongs to the story that the stream's newest message belongs to, if any.

    For news from outside, such as a webhook, of what has a story already. Who acted, and by which request it
    came, is told as before.

    Example:

        story = uuid4()
        with correlate(story), transaction.atomic():
            publish(order_placed, revision=1)
        with continuing(order_placed.stream), transaction.atomic():
            publish(OrderCancelled(order_id=ORDER), revision=2)
        assert read_stream(order_placed.stream)[1].correlation_id == story
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.STORY_OF_STREAM, [stream])
        found = cursor.fetchone()
    if found is None:
        yield
        return
    with correlate(found[0], **current_cause().headers):
        yield


def _refuse_archived(stream: str, after: int) -> None:
    """Revisions are gapless, and the stream's head tells their number: the log must have as many."""
    with connection.cursor() as cursor:
        cursor.execute(sql.MISSING_REVISIONS, {"stream": stream, "after": after})
        missing = cursor.fetchone()
    if missing and missing[0] > 0:
        raise ArchivedStream(
            f"{stream} cannot be read: {missing[0]} of its revisions after {after} are archived. Put them "
            f"back first: manage.py archive_log lists the archives, --restore NAME restores one."
        )


def envelope(row: Sequence[Any]) -> Envelope:
    """The envelope of a row selected with sql.ENVELOPE."""
    position, name, version, data, uuid, stream, revision, correlation, causation, occurred_at, headers = row
    try:
        message = decode(name, version, data)
    except UnknownMessage as error:
        message = Undecodable(name=name, error=str(error))
    except Exception as error:  # whatever an upcaster raises: it must not keep the rest of the lane
        message = Undecodable(
            name=name,
            error=f"{name} version {version} cannot be read by this process: {type(error).__name__}: "
            f"{error}. Deploy code that reads it: correct its class, or its upcasters.",
        )
    return Envelope(
        message=message,
        position=position,
        id=uuid,
        stream=stream,
        revision=revision,
        correlation_id=correlation,
        causation_id=causation,
        occurred_at=datetime.fromisoformat(occurred_at),
        headers=msgspec.json.decode(headers) if headers != "{}" else {},
    )
