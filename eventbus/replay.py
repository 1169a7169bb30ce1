"""Replaying the log into a projection: aside, in a schema of its own, with the same model and fold."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from msgspec import Struct

from eventbus import log
from eventbus.log import Progress, Selection
from eventbus.messages import Envelope
from eventbus.models import Checkpoint
from eventbus.projections import Projection, stored_fields
from eventbus.snapshots import NOTHING, Snapshot
from eventbus.subscriptions import subscription

SCHEMA = "eventbus_rebuild"
BATCH = 5000


class Differences(Struct, frozen=True):
    """How a projection's live rows differ from its rebuilt ones."""

    projection: str
    live_only: list[tuple[Any, ...]]
    rebuilt_only: list[tuple[Any, ...]]

    def __bool__(self) -> bool:
        return bool(self.live_only or self.rebuilt_only)

    def __str__(self) -> str:
        return (
            f"{self.projection}: {len(self.live_only)} live rows differ from the log, which gives "
            f"{len(self.rebuilt_only)} others.\n  live:    {self.live_only[:3]}\n"
            f"  rebuilt: {self.rebuilt_only[:3]}"
        )


Progressed = Callable[[int], object]


def compare(projection: type[Projection], progressed: Progressed = lambda messages: None) -> Differences:
    """Rebuild a projection aside, up to what its live rows have seen, and compare; changes nothing."""
    with _rebuilt(projection, progressed) as shadow:
        differences = _differences(projection, shadow)
        transaction.set_rollback(True)
    return differences


def rebuild(projection: type[Projection], progressed: Progressed = lambda messages: None) -> Differences:
    """Put a projection's rebuilt rows in place of the live ones, in one transaction; returns what differed.

    Readers see the old rows until the commit and the new ones after it. The lane waits meanwhile.
    """
    table = projection.row._meta.db_table
    columns = _columns(projection)
    with _rebuilt(projection, progressed) as shadow:
        differences = _differences(projection, shadow)
        with connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM public."{table}"')
            cursor.execute(f'INSERT INTO public."{table}" ({columns}) SELECT {columns} FROM {shadow}')
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    return differences


@contextmanager
def _rebuilt(projection: type[Projection], progressed: Progressed) -> Generator[str]:
    table = projection.row._meta.db_table
    with transaction.atomic():
        lane = Checkpoint.objects.select_for_update().get(subscription=projection.name)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {SCHEMA}")
            cursor.execute(f'CREATE TABLE {SCHEMA}."{table}" (LIKE public."{table}" INCLUDING ALL)')
            cursor.execute(f"SET LOCAL search_path TO {SCHEMA}, public")
        fold = projection()
        for batch in _history(projection, lane):
            fold.apply(batch)
            progressed(len(batch))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path TO public")
        yield f'{SCHEMA}."{table}"'


def _history(projection: type[Projection], lane: Checkpoint) -> Iterator[list[Envelope]]:
    """What the lane has delivered: all it has seen, then its part of a window that is still open."""
    selection = Selection(subscription(projection.name).types)
    progress = Progress(NOTHING, Snapshot.parse(lane.seen))
    while progress.window:
        batch, progress = log.read(progress, selection, BATCH)
        yield batch
    if lane.window:
        progress = Progress(Snapshot.parse(lane.seen), Snapshot.parse(lane.window))
    while progress.window and progress.position < lane.position:
        batch, progress = log.read(progress, selection, BATCH)
        yield [envelope for envelope in batch if envelope.position <= lane.position]


def _differences(projection: type[Projection], shadow: str) -> Differences:
    live = f'public."{projection.row._meta.db_table}"'
    return Differences(
        projection.name, _only_in(projection, live, shadow), _only_in(projection, shadow, live)
    )


def _only_in(projection: type[Projection], these: str, those: str) -> list[tuple[Any, ...]]:
    columns = _columns(projection, as_text=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {these} EXCEPT ALL SELECT {columns} FROM {those} ORDER BY 1")
        return cursor.fetchall()  # type: ignore[no-any-return]


def _columns(projection: type[Projection], *, as_text: bool = False) -> str:
    cast = "::text" if as_text else ""
    return ", ".join(f'"{field.column}"{cast}' for field in stored_fields(projection.row))
