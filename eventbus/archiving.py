"""Archiving: taking whole partitions out of the log, and putting them back.

A partition can go once no position of it is left to give, every lane has read it, and nothing that waits
still points into it. It is detached into the schema `eventbus_archive`, which is done in an instant and can
be undone as quickly; from there it may be written to a file (archive_files.py).

    for held in held_back():
        print(held)

What then needs the whole log is refused: see `require_whole_log`.
"""

import json
import time
from collections.abc import Iterable
from datetime import datetime

from django.db import OperationalError, connection, transaction
from msgspec import Struct
from psycopg.errors import LockNotAvailable, QueryCanceled

from eventbus import partitions
from eventbus.errors import ArchiveRefused, RebuildRefused
from eventbus.models import Act, Archive
from eventbus.partitions import Partition
from eventbus.subscriptions import subscriptions

SCHEMA = "eventbus_archive"
PATIENCE_SECONDS = 15.0
LOCK_MILLISECONDS = 100
"""How long publishers may have to wait behind us for the log's lock, at each try."""
PAUSE_SECONDS = 0.2
SEEN_BY_ALL = "2"
"""The transaction id that Postgres itself writes for what every snapshot sees."""

_HIGHEST = "(SELECT xid FROM {table} ORDER BY xid DESC LIMIT 1)"
_UNREAD = f"""
SELECT c.subscription || '/' || c.shard, CASE WHEN lane.name IS NULL
       THEN 'is no subscription of this code; delete its checkpoint where it is gone for good'
       ELSE 'has not read it to the end' END
FROM eventbus_checkpoint AS c
LEFT JOIN json_to_recordset(%(lanes)s) AS lane (name text, shards int)
  ON lane.name = c.subscription
WHERE pg_snapshot_xmin(c.seen) <= {_HIGHEST}
  AND EXISTS (SELECT FROM {{table}} AS m
              WHERE m.xid >= pg_snapshot_xmin(c.seen) AND NOT pg_visible_in_snapshot(m.xid, c.seen)
                AND (lane.name IS NULL OR m.type = ANY(c.types) AND m.shard %% lane.shards = c.shard))"""
_WAITING = """
SELECT subscription, count(*) || ' of its messages wait, '
                     || count(*) FILTER (WHERE state = 'dead') || ' of them dead'
FROM eventbus_delivery WHERE message_id >= %(start)s AND message_id < %(end)s GROUP BY subscription"""
_TIMERS = """
SELECT t.saga, count(*) || ' of its timeouts were set by messages in it'
FROM eventbus_timer AS t JOIN {table} AS m ON m.id = (t.cause->>'causation_id')::uuid GROUP BY t.saga"""
_REBUILDS = f"""
SELECT projection, 'is being rebuilt and has not read it to the end'
FROM eventbus_rebuild WHERE pg_snapshot_xmin(seen) <= {_HIGHEST}"""
_HOLDERS = f"{_UNREAD} UNION ALL {_WAITING} UNION ALL {_TIMERS} UNION ALL {_REBUILDS} ORDER BY 1, 2"

_SURVEY = """
SELECT count(*), min(occurred_at), max(occurred_at), pg_current_snapshot()::text FROM {table}"""
_STRAGGLER = """
SELECT EXISTS (SELECT FROM {table} WHERE xid >= pg_snapshot_xmin(%(seen)s::text::pg_snapshot)
                                     AND NOT pg_visible_in_snapshot(xid, %(seen)s::text::pg_snapshot))"""

_IN_THE_WAY = """
SELECT DISTINCT l.pid, coalesce(a.state, a.backend_type),
       round(extract(epoch FROM now() - a.xact_start))::int, left(a.query, 60)
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.relation IN ('eventbus_message'::regclass, '{table}'::regclass) AND l.granted
  AND l.pid <> pg_backend_pid() ORDER BY 3 DESC NULLS LAST"""

# Messages of another cluster, or of before a re-base, may have ids that lanes here would take for new ones.
_LOOKS_NEW = f"""
SELECT EXISTS ({_UNREAD}) OR {_HIGHEST} >= pg_snapshot_xmax(pg_current_snapshot())"""
_STAMP = """
UPDATE {table} SET xid = %s::text::xid8
WHERE xid >= (SELECT min(pg_snapshot_xmin(seen)::text::bigint) FROM eventbus_checkpoint)::text::xid8"""


class Holder(Struct, frozen=True):
    """Who keeps a partition in the log, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} {self.reason}"


class Standing(Struct, frozen=True):
    """A partition, and whether it could go: `live` while positions of it are still given out."""

    partition: Partition
    live: bool
    holders: list[Holder]

    def __str__(self) -> str:
        if self.live:
            return "live"
        return f"held back: {'; '.join(map(str, self.holders))}" if self.holders else "passed"


class Survey(Struct, frozen=True):
    """What a partition holds of what the snapshot `seen` sees."""

    messages: int
    first_at: datetime | None
    last_at: datetime | None
    seen: str


class _Straggler(Exception):
    """A publisher has committed into the partition since it was surveyed."""


def standings() -> list[Standing]:
    """Every partition of the log, oldest first, and who holds it back."""
    last = partitions.last_position()
    return [_standing(partition, last) for partition in partitions.partitions()]


def _standing(partition: Partition, last: int) -> Standing:
    live = last < partition.end - 1
    return Standing(partition, live, [] if live else holders(partition))


def held_back() -> list[Standing]:
    """The partitions that are full and could go, if somebody had read them: what a monitor should tell of."""
    return [standing for standing in standings() if standing.holders]


def holders(partition: Partition) -> list[Holder]:
    """Who keeps a full partition in the log: lanes, waiting deliveries, timeouts, rebuilds. Cheap where all
    have passed: one step into an index, compared with each checkpoint."""
    parameters: dict[str, str | int] = {"lanes": _lanes(), "start": partition.start, "end": partition.end}
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS.format(table=f'"{partition.name}"'), parameters)
        return [Holder(*row) for row in cursor.fetchall()]


def _lanes() -> str:
    return json.dumps([{"name": s.name, "shards": s.shards} for s in subscriptions()])


def survey(partition: Partition) -> Survey:
    """Count a partition's messages and find when the first and the last of them occurred; reads it whole."""
    with connection.cursor() as cursor:
        cursor.execute(_SURVEY.format(table=f'"{partition.name}"'))
        return Survey(*cursor.fetchone())


def detach(
    partition: Partition, found: Survey, *, actor: str, patience_seconds: float = PATIENCE_SECONDS
) -> Archive:
    """Take a partition out of the log, into a table of the archive's schema; returns its record.

    found: a survey of it. actor: who did it, for the record. patience_seconds: how long to go on asking for
    the log's lock. At each try publishers wait for a tenth of a second at most. Raises ArchiveRefused where
    somebody holds it back, or a transaction stays in the way: nothing has changed then.
    """
    end = time.monotonic() + patience_seconds
    while True:
        try:
            return _detach(partition, found, actor)
        except _Straggler:
            found = survey(partition)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable | QueryCanceled):
                raise
            if time.monotonic() > end:
                raise ArchiveRefused(
                    f"{partition.name} could not be taken out of the log: {_in_the_way(partition)}. End that "
                    f"transaction, or try again later; nothing has changed."
                ) from error
            time.sleep(PAUSE_SECONDS)


@transaction.atomic
def _detach(partition: Partition, found: Survey, actor: str) -> Archive:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'")
        cursor.execute(f"SET LOCAL statement_timeout = '{LOCK_MILLISECONDS * 10}ms'")
        # Whoever has a position of it, uncommitted, holds a lock on the log: then nobody has.
        tables = f'ONLY eventbus_message, ONLY "{partition.name}"'
        cursor.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        _check(partition, found)
        cursor.execute(f'ALTER TABLE eventbus_message DETACH PARTITION "{partition.name}"')
        cursor.execute(f'ALTER TABLE "{partition.name}" SET SCHEMA {SCHEMA}')
    return _record(partition, found, actor)


def _check(partition: Partition, found: Survey) -> None:
    """Whether it may go is asked again, now that nobody publishes and nobody reads."""
    standing = _standing(partition, partitions.last_position())
    if str(standing) != "passed":
        raise ArchiveRefused(f"{partition.name} stays in the log: {standing}.")
    with connection.cursor() as cursor:
        cursor.execute(_STRAGGLER.format(table=f'"{partition.name}"'), {"seen": found.seen})
        if cursor.fetchone()[0]:
            raise _Straggler


def _record(partition: Partition, found: Survey, actor: str) -> Archive:
    Act.objects.create(actor=actor, act="archive", reason=f"{partition.name}, {found.messages} messages")
    return Archive.objects.create(
        name=partition.name,
        start=partition.start,
        end=partition.end,
        messages=found.messages,
        first_at=found.first_at,
        last_at=found.last_at,
    )


def _in_the_way(partition: Partition) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_IN_THE_WAY.format(table=f'"{partition.name}"'))
        found = cursor.fetchall()
    return "; ".join(f"pid {pid} ({state}, for {age} s: {query})" for pid, state, age, query in found) or (
        "whoever was in the way has gone by now"
    )


@transaction.atomic
def attach(archive: Archive, *, actor: str) -> int:
    """Put an archived table back into the log; returns how many messages lanes would have taken for new.

    Those are marked as seen by all, as they were. Waits for no publisher, and none for it.
    """
    table = f'{SCHEMA}."{archive.name}"'
    stamped = _stamp(table)
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE {table} SET SCHEMA "{_home()}"')
    partitions.attach(archive.name, archive.start, archive.end)
    Act.objects.create(actor=actor, act="restore", reason=f"{archive.name}, {archive.messages} messages")
    archive.delete()
    return stamped


def _stamp(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_LOOKS_NEW.format(table=table), {"lanes": _lanes()})
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_STAMP.format(table=table), [SEEN_BY_ALL])
        return int(cursor.rowcount)


def _home() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "WHERE c.oid = 'eventbus_message'::regclass"
        )
        return str(cursor.fetchone()[0])


def require_whole_log(projection: str) -> None:
    """Refuse to fold a log of which a part is archived; nothing is archived then until the transaction ends.

    projection: what would be folded. Raises RebuildRefused, naming the archives.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM eventbus_message LIMIT 0")  # keeps the lock that archiving needs
    if names := _names(Archive.objects.filter(messages__gt=0).order_by("start")):
        raise RebuildRefused(
            f"{projection} cannot be folded from the log: {names} are archived, and its rows would be those "
            f"of a shorter history. Put them back first: manage.py archive_log --restore NAME."
        )


def _names(archives: Iterable[Archive]) -> str:
    return ", ".join(f"{a.name} ({a.file})" if a.file else a.name for a in archives)
