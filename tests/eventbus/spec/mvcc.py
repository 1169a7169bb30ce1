"""Postgres, as far as a reader of the log can tell: transaction ids, positions, snapshots, and who sees what.

A value: each step makes another one, so that a story can be told on from any point, in every order. What it
says is compared with a real server in test_beside_postgres.py.
"""

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from eventbus import sql
from eventbus.outbox import shard_of
from tests.eventbus.toys import Counted

Parameters = Any
Rows = tuple[tuple[Any, ...], ...]


class Row(Struct, frozen=True):
    """A message in the log."""

    position: int
    xid: int
    counter: str
    number: int


class Transaction(Struct, frozen=True):
    """What a connection has open; no id before it writes. `newest`: the last id of it and its savepoints."""

    xid: int = 0
    newest: int = 0
    rows: tuple[Row, ...] = ()


class Memory(Struct, frozen=True):
    """The log's table, and the transactions that are open, one per connection."""

    open: tuple[Transaction, ...]
    committed: tuple[Row, ...] = ()
    next_xid: int = 3
    next_position: int = 1
    completed: int = 2
    """The highest id that has ended: a snapshot's xmax stands behind it."""
    begun: tuple[int, ...] = ()
    """The ids of transactions, savepoints' left out: those that rows carry."""

    def take_xid(self, who: int) -> "Memory":
        """The transaction of `who` gets its id, unless it has one."""
        if self.open[who].xid:
            return self
        begun = Transaction(xid=self.next_xid, newest=self.next_xid)
        return replace(
            self,
            open=self._opened(who, begun),
            next_xid=self.next_xid + 1,
            begun=(*self.begun, self.next_xid),
        )

    def publish(self, who: int, counter: str, number: int) -> "Memory":
        """Append a message."""
        memory = self.take_xid(who)
        own = memory.open[who]
        row = Row(memory.next_position, own.xid, counter, number)
        written = memory._opened(who, replace(own, rows=(*own.rows, row)))
        return replace(memory, open=written, next_position=memory.next_position + 1)

    def publish_in_savepoint(self, who: int, counter: str, number: int, *, kept: bool) -> "Memory":
        """Append a message in a savepoint, which takes an id of its own, and keep it or take it back."""
        written = self.take_xid(who).publish(who, counter, number)
        inner, after = written.next_xid, replace(written, next_xid=written.next_xid + 1)
        own = written.open[who]
        if kept:
            return replace(after, open=self._opened(who, replace(own, newest=inner)))
        without = replace(own, rows=own.rows[:-1])
        return replace(after, open=self._opened(who, without), completed=max(self.completed, inner))

    def end(self, who: int, *, commit: bool) -> "Memory":
        """Commit or roll back."""
        own = self.open[who]
        rows = (*self.committed, *own.rows) if commit else self.committed
        return replace(
            self,
            open=self._opened(who, Transaction()),
            committed=tuple(sorted(rows, key=lambda row: row.position)),
            completed=max(self.completed, own.newest),
        )

    def _opened(self, who: int, transaction: Transaction) -> tuple[Transaction, ...]:
        return (*self.open[:who], transaction, *self.open[who + 1 :])

    def writes(self, counter: str) -> list[int]:
        """Who has written to this counter and is still open."""
        return [who for who, own in enumerate(self.open) if any(row.counter == counter for row in own.rows)]

    def snapshot(self, who: int) -> str:
        """What `who` sees now, as Postgres prints it: without its own transaction."""
        xmax, own = self.completed + 1, self.open[who].xid
        running = [t.xid for t in self.open if 0 < t.xid < xmax]
        others = sorted(xid for xid in running if xid != own)
        return f"{min(running, default=xmax)}:{xmax}:{','.join(map(str, others))}"

    def visible(self, who: int) -> Iterable[Row]:
        """The rows that a statement of `who` sees now, by position."""
        return sorted((*self.committed, *self.open[who].rows), key=lambda row: row.position)


def visible_in(snapshot: str, xid: int) -> bool:
    """pg_visible_in_snapshot."""
    _, xmax, running = snapshot.split(":")
    return xid < int(xmax) and str(xid) not in running.split(",")


def _now_visible(memory: Memory, who: int, parameters: Parameters) -> Rows:
    own = memory.open[who].xid
    return ((memory.snapshot(who), str(own) if own else None),)


def _first_in_window(memory: Memory, who: int, of: Parameters) -> Rows:
    new = [
        row
        for row in memory.visible(who)
        if (
            (row.xid >= int(of["next"]) and row.position >= of["floor"])
            or (str(row.xid) in of["running"] and row.position >= of["running_floor"])
        )
        and visible_in(of["window"], row.xid)
        and _selected(row, of)
    ]
    return tuple(_envelope(row) for row in new[: of["limit"]])


def _stretch(memory: Memory, who: int, parameters: Parameters) -> Rows:
    position, limit = parameters
    stretch = [row.position for row in memory.visible(who) if row.position > position][:limit]
    return ((max(stretch, default=0), len(stretch)),)


def _next_in_window(memory: Memory, who: int, of: Parameters) -> Rows:
    return tuple(
        _envelope(row)
        for row in memory.visible(who)
        if of["position"] < row.position <= of["end"]
        and visible_in(of["window"], row.xid)
        and not visible_in(of["seen"], row.xid)
        and _selected(row, of)
    )


STATEMENTS: dict[str, Callable[[Memory, int, Parameters], Rows]] = {
    sql.NOW_VISIBLE: _now_visible,
    sql.FIRST_IN_WINDOW: _first_in_window,
    sql.STRETCH: _stretch,
    sql.NEXT_IN_WINDOW: _next_in_window,
}
"""What each statement of the reader answers."""


def _selected(row: Row, of: Parameters) -> bool:
    return "toys.counted" in of["types"] and falls_to(row.counter, of["shards"], of["shard"])


@cache
def falls_to(counter: str, shards: int, shard: int) -> bool:
    """Whether the messages of a counter belong to a lane."""
    return shard_of(Counted(counter=counter, number=0).stream) % shards == shard


_COLUMNS = [column.strip().partition("::")[0] for column in sql.ENVELOPE.split(",")]


@cache
def _envelope(row: Row) -> tuple[Any, ...]:
    """The row as sql.ENVELOPE selects it."""
    known = {
        "position": row.position,
        "type": "toys.counted",
        "version": 1,
        "data": json.dumps({"counter": row.counter, "number": row.number}),
        "stream": f"counter-{row.counter}",
        "occurred_at": "2026-01-01 12:00:00+00",
        "headers": "{}",
    }
    return tuple(known.get(column) for column in _COLUMNS)
