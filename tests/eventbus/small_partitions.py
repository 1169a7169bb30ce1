"""A log in small partitions: a few messages fill one."""

from collections.abc import Generator
from contextlib import contextmanager

from django.db import connection
from django.test import override_settings

from eventbus import partitions


@contextmanager
def small_partitions(size: int) -> Generator[None]:
    """The empty log begins again at position 1, in partitions of `size`; afterwards it is as it was."""
    _drop_all()
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('eventbus_message', 'position'), 1, false)")
        cursor.execute("UPDATE eventbus_checkpoint SET position = 0")
    with override_settings(EVENTBUS={"DISPATCH": "manual", "PARTITION_SIZE": size}):
        partitions.ensure_ahead()
        try:
            yield
        finally:
            _drop_all()
    partitions.ensure_ahead()


def _drop_all() -> None:
    with connection.cursor() as cursor:
        for partition in partitions.partitions():
            cursor.execute(f'DROP TABLE "{partition.name}"')
        cursor.execute("DROP SCHEMA IF EXISTS eventbus_archive CASCADE")
