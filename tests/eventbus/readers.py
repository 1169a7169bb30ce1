"""Readers of the log: the bus's own, and the two that everybody writes first."""

from typing import Any, Protocol

from django.db import connection

from eventbus import log
from eventbus.log import Progress, Selection
from eventbus.snapshots import NOTHING
from tests.eventbus.toys import Counted

BATCH = 2


class Reader(Protocol):
    """Something that remembers how far it has read."""

    def read_all(self) -> list[int]:
        """The numbers of the messages that are new to it, in the order it delivers them."""
        ...


class SnapshotReader:
    """The bus's reader."""

    def __init__(self, batch: int = BATCH) -> None:
        self.batch = batch
        self.progress = Progress(NOTHING)

    def read_all(self) -> list[int]:
        """Read batch by batch until the window is drained."""
        numbers: list[int] = []
        while True:
            batch, self.progress = log.read(self.progress, Selection(["toys.counted"]), self.batch)
            numbers += [_number(envelope.message) for envelope in batch]
            if self.progress.window is None:
                return numbers


def _number(message: object) -> int:
    assert isinstance(message, Counted)
    return message.number


class PositionReader:
    """Remembers the last position."""

    def __init__(self) -> None:
        self.position = 0

    def read_all(self) -> list[int]:
        """Everything behind the last position."""
        rows = _rows(
            "SELECT position, data->>'number' FROM eventbus_message WHERE position > %s ORDER BY position",
            [self.position],
        )
        self.position = max([self.position, *(row[0] for row in rows)])
        return [int(row[1]) for row in rows]


class XidReader:
    """Remembers the last (xid, position); the guarded one stays behind the oldest open transaction."""

    def __init__(self, *, guarded: bool) -> None:
        self.guarded = guarded
        self.last: tuple[int, int] = (0, 0)

    def read_all(self) -> list[int]:
        """Everything behind the last pair; the guarded one, that no open transaction can still precede."""
        rows = _rows(
            """SELECT xid::text, position, data->>'number' FROM eventbus_message AS m
            WHERE (m.xid, m.position) > (%s::text::xid8, %s)
              AND (m.xid < pg_snapshot_xmin(pg_current_snapshot()) OR NOT %s) ORDER BY m.xid, m.position""",
            [str(self.last[0]), self.last[1], self.guarded],
        )
        self.last = max([self.last, *((int(row[0]), row[1]) for row in rows)])
        return [int(row[2]) for row in rows]


def _rows(statement: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()  # type: ignore[no-any-return]
