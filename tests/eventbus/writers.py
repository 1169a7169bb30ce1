"""Publishers on connections of their own, whose transactions overlap as a test wants them to."""

from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from django.db import connection
from django.utils import timezone

from eventbus import outbox, sql
from eventbus.context import Cause, Draft
from tests.eventbus.toys import Counted


class Writer:
    """One open transaction of another process."""

    def __init__(self) -> None:
        parameters = connection.get_connection_params()
        wanted = {
            name: parameters[name]
            for name in ("host", "port", "user", "password", "dbname")
            if name in parameters
        }
        self.connection = psycopg.connect(**wanted)

    def take_xid(self) -> None:
        """Begin to write, as a business change before its message does."""
        self.connection.execute("SELECT pg_current_xact_id()")

    def publish(self, number: int, counter: str = "a") -> None:
        """Append one message; it is visible after commit()."""
        record = Draft(Counted(counter=counter, number=number), Cause())
        self.connection.execute(sql.APPEND, outbox._row(record, timezone.now()))

    def publish_in_savepoint(self, number: int) -> None:
        """Append one message in a savepoint that is kept."""
        with self.connection.transaction():
            self.publish(number)

    def commit(self) -> None:
        """Make everything visible."""
        self.connection.commit()

    def rollback(self) -> None:
        """Take everything back."""
        self.connection.rollback()


@contextmanager
def writers(count: int) -> Generator[list[Writer]]:
    """`count` writers, whose open transactions are rolled back at the end."""
    opened = [Writer() for _ in range(count)]
    try:
        yield opened
    finally:
        for writer in opened:
            writer.connection.close()
