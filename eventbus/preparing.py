"""A cursor whose statements the server parses and plans once per connection, and one for several at once.

Django's own binds in the client unless told otherwise, and the server plans each statement anew. The bus runs
a dozen statements a thousand times over, and planning takes most of them longer than running. They are
prepared where DATABASES says `"OPTIONS": {"prepare_threshold": 5}`; a pooler before Postgres must know about
prepared statements then (PgBouncer does from 1.21 on).
Source: https://www.psycopg.org/psycopg3/docs/advanced/prepare.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
from django.db import connection

Row = tuple[Any, ...]


def preparing_cursor() -> Any:
    """A cursor to be closed like any other; Django's query log and wrappers see what it does."""
    connection.ensure_connection()
    return connection._prepare_cursor(psycopg.Cursor(connection.connection))  # type: ignore[attr-defined]


def binding_cursor() -> Any:
    """A cursor that binds in the client whatever the settings say: several statements go in one message."""
    connection.ensure_connection()
    return connection._prepare_cursor(psycopg.ClientCursor(connection.connection))  # type: ignore[attr-defined]


def rows_by_index(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
    """The rows of a statement about a queue, prepared, and planned for a long one; in one round trip.

    A queue is empty most of the time: that is what the server counts, and keeps its plans for. Then thousands
    wait, and until it counts again a plan that reads the whole table, once for each of them, takes seconds.
    """
    with preparing_cursor() as cursor:
        with connection.wrap_database_errors, connection.connection.pipeline():
            connection.connection.execute("SET enable_seqscan = off")
            cursor.execute(statement, parameters)
            connection.connection.execute("RESET enable_seqscan")
        return list(cursor.fetchall())


def write_rows(statement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run a statement that reads its rows from one JSON array: the same text, and plan, for any number."""
    if rows:
        with preparing_cursor() as cursor:
            cursor.execute(statement, [msgspec.json.encode(rows).decode()])
