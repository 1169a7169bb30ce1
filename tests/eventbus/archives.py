"""What the tests of archiving share: a log of small partitions, and looks at it."""

from io import StringIO
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from eventbus import archiving, partitions, publish
from eventbus.partitions import ensure_ahead
from eventbus.testing import drain
from tests.eventbus.toys import Counted

FIRST, SECOND = "eventbus_message_000000000000000", "eventbus_message_000000000000010"
NEXT_YEAR = "2999-01-01"


@transaction.atomic
def count(*numbers: int, counter: str = "a") -> None:
    publish(*(Counted(counter=counter, number=number) for number in numbers))
    ensure_ahead()


def fill(messages: int = 25) -> None:
    """Publish and deliver; 25 fill two partitions and begin the third."""
    for number in range(1, messages + 1):
        count(number)
    drain()


def archive_log(*arguments: Any) -> str:
    output = StringIO()
    call_command("archive_log", *map(str, arguments), stdout=output, stderr=StringIO())
    return output.getvalue()


def rows() -> list[tuple[Any, ...]]:
    """Every message as the database holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT m.*, m.xid::text FROM eventbus_message AS m ORDER BY position")
        return cursor.fetchall()  # type: ignore[no-any-return]


def attached() -> list[str]:
    return [partition.name for partition in partitions.partitions()]


def states() -> list[str]:
    return [str(standing) for standing in archiving.standings()]


def archived_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'eventbus_archive' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]
