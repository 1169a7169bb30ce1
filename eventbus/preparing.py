"""A cursor whose statements the server parses and plans once per connection, and one for several at once.

Django's own binds in the client unless told otherwise, and the server plans each statement anew. The bus runs
a dozen statements a thousand times over, and planning takes most of them longer than running. They are
prepared where DATABASES says `"OPTIONS": {"prepare_threshold": 5}`; a pooler before Postgres must know about
prepared statements then (PgBouncer does from 1.21 on).
Source: https://www.psycopg.org/psycopg3/docs/advanced/prepare.html
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

import msgspec
import psycopg
from django.db import connection

Row = tuple[Any, ...]
_PLAN_ONCE = ("SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan")
_PLAN_AS_BEFORE = ("RESET enable_seqscan", "RESET plan_cache_mode")
_planned_once: "WeakSet[Any]" = WeakSet()


def preparing_cursor() -> Any:
    """A cursor to be closed like any other; Django's query log and wrappers see what it does."""
    connection.ensure_connection()
    return connection._prepare_cursor(psycopg.Cursor(connection.connection))  # type: ignore[attr-defined]


def binding_cursor() -> Any:
    """A cursor that binds in the client whatever the settings say.

    Several statements go in one message, and the server plans them anew for their values.
    """
    connection.ensure_connection()
    return connection._prepare_cursor(psycopg.ClientCursor(connection.connection))  # type: ignore[attr-defined]


def rows_by_index(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    """The rows of a look at the log or a queue, prepared, and planned once for a long one; in one round trip.

    A queue is empty most of the time, and the log's newest partition was lately: that is what the server
    counts, and keeps its plans for. Then thousands wait, and until it counts again a plan that reads the
    whole table, once for each of them, takes seconds. Of a long log it would keep no plan, and planning each
    look anew takes it longer than looking.
    """
    with preparing_cursor() as cursor:
        if connection.connection in _planned_once:
            cursor.execute(statement, parameters)
        else:
            with connection.wrap_database_errors, connection.connection.pipeline():
                _run(_PLAN_ONCE)
                cursor.execute(statement, parameters)
                _run(_PLAN_AS_BEFORE)
        return list(cursor.fetchall())


@contextmanager
def planned_once() -> Generator[None]:
    """Inside, all statements of this connection are planned as those of rows_by_index: for who only looks."""
    connection.ensure_connection()
    _run(_PLAN_ONCE)
    _planned_once.add(connection.connection)
    yield
    _planned_once.discard(connection.connection)
    _run(_PLAN_AS_BEFORE)


def _run(statements: Sequence[str]) -> None:
    with psycopg.ClientCursor(connection.connection) as cursor:
        for statement in statements:
            cursor.execute(statement)


def write_rows(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a statement that reads its rows from one JSON array: the same text, and plan, for any number."""
    if rows:
        with preparing_cursor() as cursor:
            cursor.execute(statement, [msgspec.json.encode(rows).decode()])
