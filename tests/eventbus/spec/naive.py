"""The readers that everybody writes first, for the same machine: each breaks a promise."""

from typing import Any

from tests.eventbus.spec.mvcc import Memory, Rows
from tests.eventbus.spec.world import Reader, Session


def _behind_position(memory: Memory, who: int, last: int) -> Rows:
    return tuple((row.position, row.number) for row in memory.visible(who) if row.position > last)


def _read_positions(session: Session, last: Any, shards: int, limit: int) -> tuple[list[int], Any]:
    session.execute(_behind_position, last)
    rows = session.fetchall()
    return [number for _, number in rows], max([last, *(position for position, _ in rows)])


def _behind_pair(memory: Memory, who: int, last: tuple[int, int]) -> Rows:
    rows = [(row.xid, row.position, row.number) for row in memory.visible(who)]
    return tuple(sorted(row for row in rows if row[:2] > last))


def _behind_pair_and_settled(memory: Memory, who: int, last: tuple[int, int]) -> Rows:
    others = (*memory.open[:who], *memory.open[who + 1 :])
    oldest = min((own.xid for own in others if own.xid), default=memory.next_xid)
    return tuple(row for row in _behind_pair(memory, who, last) if row[0] < oldest)


def _read_pairs(session: Session, last: Any, shards: int, limit: int) -> tuple[list[int], Any]:
    session.execute(_behind_pair, last)
    return _pairs(session, last)


def _read_settled_pairs(session: Session, last: Any, shards: int, limit: int) -> tuple[list[int], Any]:
    session.execute(_behind_pair_and_settled, last)
    return _pairs(session, last)


def _pairs(session: Session, last: tuple[int, int]) -> tuple[list[int], tuple[int, int]]:
    rows = session.fetchall()
    return [row[2] for row in rows], max([last, *(row[:2] for row in rows)])


POSITION_READER = Reader(0, _read_positions)
"""Remembers the last position."""

PAIR_READER = Reader((0, 0), _read_pairs)
"""Remembers the last (xid, position)."""

SETTLED_PAIR_READER = Reader((0, 0), _read_settled_pairs)
"""The same, behind the oldest transaction that is open."""
