"""The partitions of the log.

Each holds a stretch of positions, and since positions are given in the order of time, a stretch of time too.
A partition that is full is never written to again: it can be looked at, taken out and put back as a whole
(archiving.py). There is always at least one whole empty partition ahead of the last position.

What is *settled*: once a partition is the one that positions are given from, those before it are only still
written to by transactions that have their position already. The next transaction id is noted then: a reader
whose snapshot has left it behind has seen all of them, and need not ask the partitions before.

`EVENTBUS["PARTITION_SIZE"]` says how many positions a new partition holds (5,000,000).
"""

import logging
from datetime import datetime

from django.conf import settings
from django.db import OperationalError, connection, transaction
from msgspec import Struct
from psycopg.errors import LockNotAvailable

SIZE = 5_000_000
_LOCK = 0x6576656E74706172
_PATIENCE = "1s"
logger = logging.getLogger(__name__)

_BOUNDS = r"""regexp_match(pg_get_expr(c.relpartbound, c.oid), '\(''(\d+)''\) TO \(''(\d+)''\)')::bigint[]"""
_PARTITIONS = f"""
SELECT c.oid, c.relname AS name, ({_BOUNDS})[1] AS start, ({_BOUNDS})[2] AS "end", c.reltuples
FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'eventbus_message'::regclass"""

LAST_POSITION = "coalesce(pg_sequence_last_value(pg_get_serial_sequence('eventbus_message', 'position')), 0)"

# The last position given out, where the last partition starts and ends, whether the log is partitioned, where
# the partition starts that positions are given from, and up to where the log is settled.
_EDGE = f"""
SELECT {LAST_POSITION}, max(start), max("end"),
       (SELECT relkind = 'p' FROM pg_class WHERE oid = 'eventbus_message'::regclass),
       coalesce(max(start) FILTER (WHERE start <= {LAST_POSITION}), 0),
       coalesce((SELECT settled_position FROM eventbus_cluster), 0)
FROM ({_PARTITIONS}) AS partition"""

# A publisher who has a position already and no transaction id yet: who writes to the log holds its lock.
_BETWEEN = """
SELECT EXISTS (
    SELECT FROM pg_locks AS log
    WHERE log.relation = 'eventbus_message'::regclass AND log.mode = 'RowExclusiveLock' AND log.granted
      AND log.pid <> pg_backend_pid() AND log.database = (
        SELECT oid FROM pg_database WHERE datname = current_database())
      AND NOT EXISTS (
        SELECT FROM pg_locks AS own
        WHERE own.virtualtransaction = log.virtualtransaction AND own.locktype = 'transactionid'
          AND own.mode = 'ExclusiveLock'))"""
_SETTLE = """
UPDATE eventbus_cluster SET settled_position = %(position)s, settled_xid = pg_current_xact_id()
WHERE settled_position <> %(position)s"""

_LIST = f"""
SELECT name, start, "end",
       (CASE WHEN reltuples < 0 THEN pg_stat_get_live_tuples(oid) ELSE reltuples END)::bigint,
       pg_total_relation_size(oid)
FROM ({_PARTITIONS}) AS partition ORDER BY start"""


class Partition(Struct, frozen=True):
    """A stretch of the log: positions from `start` up to, not with, `end`.

    rows: how many messages Postgres believes it holds. bytes: what it takes on disk, indexes included.
    """

    name: str
    start: int
    end: int
    rows: int
    bytes: int


class Edges(Struct, frozen=True):
    """When the first and the last message of a partition, by position, occurred; None where it is empty."""

    first_at: datetime | None
    last_at: datetime | None


class _Edge(Struct, frozen=True):
    """The end of the log.

    missing: the bounds of the partition that should be there, if one should. tail: where the partition starts
    that positions are given from. settled: up to where the log is.
    """

    missing: tuple[int, int] | None
    tail: int
    settled: int


def partitions() -> list[Partition]:
    """The partitions of the log, oldest first. One look at the catalogue; no message is read."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST)
        return [Partition(*row) for row in cursor.fetchall()]


def edges(partition: Partition) -> Edges:
    """When the first and the last message of a partition occurred: two steps into its primary key."""
    end = f'SELECT occurred_at FROM "{partition.name}" ORDER BY position'
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({end} LIMIT 1), ({end} DESC LIMIT 1)")
        return Edges(*cursor.fetchone())


def last_position() -> int:
    """The last position that was given out, whether or not its transaction has committed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {LAST_POSITION}")
        return int(cursor.fetchone()[0])


def estimated_messages() -> int:
    """About how many messages the log holds."""
    return sum(partition.rows for partition in partitions())


def ensure_ahead() -> list[str]:
    """Keep at least one whole empty partition ahead of the last position; returns the names of new ones.

    Also notes what is settled. One query when there is nothing to do. A new partition never waits for
    publishers nor they for it, however long their transactions: it is made as a table and attached. Of two
    processes at once, one does it. Where somebody else's lock is in the way (VACUUM, an index that is made),
    it is left to the next time: a whole partition is still ahead.
    """
    edge = _edge()
    if edge.tail != edge.settled:
        _settle(edge.tail)
    if not edge.missing:
        return []
    try:
        return _make_ahead()
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        logger.warning("partition_awaited", extra={"reason": str(error).strip()})
        return []


def _make_ahead() -> list[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
        made = []
        while bounds := _edge().missing:
            made.append(_make(*bounds))
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return made


def _edge() -> _Edge:
    size = int(getattr(settings, "EVENTBUS", {}).get("PARTITION_SIZE", SIZE))
    with connection.cursor() as cursor:
        cursor.execute(_EDGE)
        last, start, end, partitioned, tail, settled = cursor.fetchone()
    if not partitioned or (start is not None and start > last):
        return _Edge(None, tail, settled)
    first = last // size * size if end is None else end
    return _Edge((first, first + size), tail, settled)


def _settle(position: int) -> None:
    """Note that from now on nobody is given a position below this one; the relay tries again where it cannot.

    In this order: who was given one before has a transaction id by now, or is seen to have none yet; and the
    id that is noted is higher than any that was given out until then.
    """
    if connection.in_atomic_block:  # its own id may be older than that of a publisher
        return
    with connection.cursor() as cursor:
        cursor.execute(_BETWEEN)
        if not cursor.fetchone()[0]:
            cursor.execute(_SETTLE, {"position": position})


def _make(start: int, end: int) -> str:
    name = f"eventbus_message_{start:015d}"
    with connection.cursor() as cursor:
        # An identity column of its own would be a second source of positions; since 17 it cannot be attached.
        cursor.execute(f'CREATE TABLE "{name}" (LIKE eventbus_message INCLUDING ALL EXCLUDING IDENTITY)')
    attach(name, start, end)
    return name


def attach(name: str, start: int, end: int) -> None:
    """Make a table the partition of a stretch; it waits for nobody who reads or publishes."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'ALTER TABLE eventbus_message ATTACH PARTITION "{name}" FOR VALUES FROM ({start}) TO ({end})'
        )
