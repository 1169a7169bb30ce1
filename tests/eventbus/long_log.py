"""A log of any length at once, and the plans of the statements that are run on it."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from psycopg import ClientCursor

from eventbus import partitions

MESSAGES_PER_STREAM = 5
RARE = "long.rare"
"""One message in 100,000 is of this type; the others are spread over seven, one half of them of the first."""

_CREATE = 'CREATE TABLE "{name}" (LIKE eventbus_message INCLUDING ALL EXCLUDING IDENTITY EXCLUDING INDEXES)'
_FILL = """
INSERT INTO "{name}" (position, xid, id, kind, type, version, stream, revision, shard, data, headers,
                      correlation_id, occurred_at)
SELECT n, (3 + n * (%(xid)s - 3) / %(total)s)::text::xid8,
       (lpad(to_hex(n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid, 'event',
       CASE WHEN n %% 100000 = 7 THEN '{rare}' WHEN n %% 2 = 0 THEN 'long.type0'
            ELSE 'long.type' || n %% 6 + 1 END,
       1, 'order-' || n / 5, n %% 5 + 1, n / 5 %% 256,
       jsonb_build_object('order_id', n / 5, 'total', n %% 1000, 'note', repeat('x', 60)), '{{}}',
       md5((n / 5)::text)::uuid, now() - make_interval(secs => %(total)s - n)
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n"""
_HEADS = """
INSERT INTO eventbus_stream (stream, revision)
SELECT stream, max(revision) FROM "{name}" GROUP BY stream
ON CONFLICT (stream) DO UPDATE SET revision = EXCLUDED.revision"""


def fill(messages: int) -> None:
    """Fill an empty log with positions 1 to `messages`, as if they had been published long ago.

    Each partition is loaded before it has indexes, and analyzed as autovacuum does it: never the parent.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('eventbus_message', 'position'), %s)", [messages]
        )
        partitions.ensure_ahead()
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
        numbers = {"xid": cursor.fetchone()[0], "total": messages}
        for partition in partitions.partitions():
            first, last = max(partition.start, 1), min(partition.end - 1, messages)
            if first <= last:
                _fill(partition, numbers | {"first": first, "last": last})
        cursor.execute("UPDATE eventbus_checkpoint SET seen = pg_current_snapshot()")


def _fill(partition: partitions.Partition, numbers: dict[str, int]) -> None:
    name = partition.name
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(f'DROP TABLE "{name}"')
        cursor.execute(_CREATE.format(name=name))
        cursor.execute(_FILL.format(name=name, rare=RARE), numbers)
        partitions.attach(name, partition.start, partition.end)
        cursor.execute(_HEADS.format(name=name))
    with connection.cursor() as cursor:
        cursor.execute(f'VACUUM ANALYZE "{name}"')


@contextmanager
def statements() -> Generator[list[str]]:
    """Collect every statement on the log that the block runs, with its values."""
    found: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "eventbus_message" in sql and not sql.startswith("EXPLAIN"):
            found.append(ClientCursor(connection.connection).mogrify(sql, params[0] if many else params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def sequential_scans(run: Callable[[], object]) -> list[str]:
    """The statements that would read a partition from end to end, other than an empty one."""
    with statements() as found:
        run()
    assert found, "nothing asked the log"
    filled = {partition.name for partition in partitions.partitions() if partition.rows}
    return [statement for statement in found if _scanned(_plan(statement)) & filled]


def _plan(statement: str) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"), [])
        plan = cursor.fetchone()[0]
        return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


def _scanned(plan: dict[str, Any]) -> set[str]:
    """The tables that a plan reads in the order in which they lie."""
    here = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return here.union(*(_scanned(part) for part in plan.get("Plans", [])))
