"""A log of any length at once, and the plans of the statements that are run on it."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg import ClientCursor

from eventbus import partitions

MESSAGES_PER_STREAM = 5
RARE = "long.rare"
"""The type of the first 101 messages and of none since; one half of the others is of one type."""
FEW = 10_000
WALKS = {"Seq Scan", "Index Scan", "Index Only Scan"}
PASS_A_LIMIT_ON = WALKS | {"Append", "Merge Append", "Result", "Subquery Scan"}

_CREATE = 'CREATE TABLE "{name}" (LIKE eventbus_message INCLUDING ALL EXCLUDING IDENTITY EXCLUDING INDEXES)'
_FILL = """
INSERT INTO "{name}" (position, xid, id, kind, type, version, stream, revision, shard, data, headers,
                      correlation_id, occurred_at)
SELECT n, (3 + n * (%(xid)s - 3) / %(total)s)::text::xid8,
       lpad(to_hex(n), 32, '0')::uuid, 'event',
       CASE WHEN n <= 101 THEN '{rare}' WHEN n %% 2 = 0 THEN 'long.type0'
            ELSE 'long.type' || n %% 6 + 1 END,
       1, 'order-' || n / 5, n %% 5 + 1, n / 5 %% 256, %(data)s::jsonb, '{{}}',
       ('c' || lpad(to_hex(n / 5), 31, '0'))::uuid,
       %(now)s::timestamptz - (%(total)s - n) * interval '1 second'
FROM (SELECT generate_series(%(first)s::bigint, %(last)s::bigint) AS n) AS numbers"""
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
        data = json.dumps({"order_id": 12345, "note": "x" * 60})
        values = {"xid": cursor.fetchone()[0], "total": messages, "data": data, "now": timezone.now()}
        for partition in partitions.partitions():
            first, last = max(partition.start, 1), min(partition.end - 1, messages)
            if first <= last:
                _fill(partition, values | {"first": first, "last": last})
        cursor.execute(
            "UPDATE eventbus_checkpoint SET seen = pg_current_snapshot(), position = %s", [messages]
        )


def _fill(partition: partitions.Partition, values: dict[str, Any]) -> None:
    name = partition.name
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(f'DROP TABLE "{name}"')
        cursor.execute(_CREATE.format(name=name))
        cursor.execute(_FILL.format(name=name, rare=RARE), values)
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


def long_reads(run: Callable[[], object]) -> list[str]:
    """The statements that would read a partition from end to end, other than one with few messages."""
    with statements() as found:
        run()
    assert found, "nothing asked the log"
    filled = {partition.name for partition in partitions.partitions() if partition.rows >= FEW}
    return [statement for statement in found if _read_whole(_plan(statement), limited=False) & filled]


def shared_out(run: Callable[[], object]) -> list[str]:
    """The statements that Postgres may share out among processes."""
    with statements() as found:
        run()
    assert found, "nothing asked the log"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; "
            "SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL min_parallel_index_scan_size = 0; "
            "SET LOCAL force_parallel_mode = on"
        )
        return [statement for statement in found if "Gather" in str(_plan(statement))]


def entries_read(look: Callable[[], object]) -> int:
    """How many rows of the log and entries of its indexes a look reads, whatever plan the server has."""
    with transaction.atomic():
        before = _read()
        look()
        return _read() - before


def _read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM pg_class "
            "WHERE relname LIKE 'eventbus\\_message\\_0%' AND relkind IN ('r', 'i')"
        )
        return int(cursor.fetchone()[0])


def partitions_asked(look: Callable[[], object]) -> set[str]:
    """The partitions of the log that the statements of a look are planned for."""
    with statements() as found:
        look()
    assert found, "nothing asked the log"
    return set().union(*(_asked(_plan(statement)) for statement in found))


def _asked(plan: dict[str, Any]) -> set[str]:
    here = {name for name in [plan.get("Relation Name", "")] if name.startswith("eventbus_message")}
    return here.union(*(_asked(part) for part in plan.get("Plans", [])))


def _plan(statement: str) -> Any:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"), [])
        plan = cursor.fetchone()[0]
        return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


def _read_whole(plan: dict[str, Any], *, limited: bool) -> set[str]:
    """The tables of which a plan may read everything: no index is asked for a part, no limit ends it."""
    limited = plan["Node Type"] == "Limit" or (limited and plan["Node Type"] in PASS_A_LIMIT_ON)
    here: set[str] = set()
    if "Relation Name" in plan and plan["Node Type"] in WALKS and "Index Cond" not in plan:
        here = set() if limited and "Filter" not in plan else {plan["Relation Name"]}
    return here.union(*(_read_whole(part, limited=limited) for part in plan.get("Plans", [])))
