"""Rebuilding projections while the shop is open.

The rows are folded again aside, at full speed, while the live lane goes on; then they follow the lane, are
compared with the live rows, and take their place in one short transaction. Every batch is committed together
with how far it has come: a rebuild that was stopped goes on where it was, and the live rows are as they were
until the end.
"""

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from itertools import groupby

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from eventbus import dispatch
from eventbus.errors import RebuildRefused
from eventbus.log import Progress
from eventbus.models import Act, Checkpoint, Rebuild
from eventbus.projections import Projection
from eventbus.replay import Differences, Progressed, Replay, advance, begin
from eventbus.shadows import Shadow
from eventbus.snapshots import Snapshot
from eventbus.sql import HELD_LOCKS

REBUILD_LOCK = 0x72656275696C6400
SWAP_LOCK_MILLISECONDS = 200
SWAP_TRIES = 100
SWAP_PAUSE_SECONDS = 0.1

UNDER_WAY = f"SELECT EXISTS (SELECT FROM pg_locks AS l WHERE {HELD_LOCKS})"

BLOCKERS = """
SELECT l.pid, a.state, coalesce(a.application_name, ''), round(extract(epoch FROM now() - a.xact_start))
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.relation = %s::regclass AND l.granted AND l.pid <> pg_backend_pid()"""


def rebuild(
    projections: Sequence[type[Projection]],
    *,
    actor: str = "",
    progressed: Progressed = lambda position: None,
    compared: Callable[[Differences], object] = lambda differences: None,
) -> None:
    """Put the rows that the log gives in place of the live ones, one pass over the log for all projections.

    progressed: told the position of the log reached, after each batch. compared: told how the rows differed,
    before each swap. Raises RebuildFailed where a fold fails, RebuildRefused where another rebuild runs or a
    table cannot be exchanged. Readers and publishers go on all the while.
    """
    for replay in _replayed(projections, progressed):
        compared(_compare(replay, progressed))
        _swap(replay, actor, progressed)


def check(
    projections: Sequence[type[Projection]],
    *,
    progressed: Progressed = lambda position: None,
    compared: Callable[[Differences], object] = lambda differences: None,
) -> None:
    """Compare live rows with those that the log gives, and leave everything as it is."""
    for replay in _replayed(projections, progressed):
        compared(_compare(replay, progressed))
        with transaction.atomic():
            _forget(replay)


def outdated(projections: Iterable[type[Projection]]) -> list[type[Projection]]:
    """Those whose rows were folded by another version of their fold."""
    versions = dict(Checkpoint.objects.values_list("subscription", "version"))
    return [p for p in projections if versions.get(p.name, p.version) != p.version]


def under_way() -> bool:
    """Whether some process rebuilds just now, or compares."""
    with connection.cursor() as cursor:
        cursor.execute(UNDER_WAY, [REBUILD_LOCK])
        return bool(cursor.fetchone()[0])


def position(name: str) -> int:
    """How far a rebuild that was begun has read the log, 0 where none was."""
    return Rebuild.objects.filter(projection=name).values_list("position", flat=True).first() or 0


@transaction.atomic
def abandon(projection: type[Projection]) -> None:
    """Throw away what a rebuild that was stopped has folded."""
    for row in Rebuild.objects.filter(projection=projection.name):
        Shadow(projection.row).drop()
        row.delete()


def _replayed(projections: Sequence[type[Projection]], progressed: Progressed) -> Generator[Replay]:
    with _alone():
        replays = [_resume(projection) or _start(projection) for projection in projections]
        for group in _together(replays):
            window = group[0].progress.window
            # One that was stopped inside a window that its lane still has open follows the lane.
            if window and all(window.within(replay.target().seen) for replay in group):
                advance(group, Progress(window), progressed)
        for replay in replays:
            with transaction.atomic():
                replay.shadow.complete()
            advance([replay], replay.target(), progressed)
            yield replay


@contextmanager
def _alone() -> Generator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [REBUILD_LOCK])
        if not cursor.fetchone()[0]:
            raise RebuildRefused("Another process is rebuilding projections; wait for it, or end it.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [REBUILD_LOCK])


def _resume(projection: type[Projection]) -> Replay | None:
    row = Rebuild.objects.filter(projection=projection.name, version=projection.version).first()
    replay = Replay(projection, row) if row else None
    return replay if replay and replay.shadow.exists() else None


@transaction.atomic
def _start(projection: type[Projection]) -> Replay:
    Rebuild.objects.filter(projection=projection.name).delete()
    return begin(projection)


def _together(replays: Sequence[Replay]) -> list[list[Replay]]:
    """Those that can share a pass. New ones share the window of the one whose lane has seen least."""
    new = [replay for replay in replays if replay.progress.window and not replay.progress.position]
    least = _least([replay.progress.window for replay in new if replay.progress.window])
    for replay in new:
        replay.reached(Progress(replay.progress.seen, least))
    by_progress = sorted(replays, key=lambda replay: str(replay.progress))
    return [list(group) for _, group in groupby(by_progress, key=lambda replay: replay.progress)]


def _least(windows: Sequence[Snapshot]) -> Snapshot | None:
    for window in windows:
        if all(window.within(other) for other in windows):
            return window
    return None


def _compare(replay: Replay, progressed: Progressed) -> Differences:
    """Both sides as one snapshot of the database sees them; the lane goes on meanwhile."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        advance([replay], replay.target(), progressed)
        return replay.differences()


def _swap(replay: Replay, actor: str, progressed: Progressed) -> None:
    for _ in range(SWAP_TRIES):
        try:
            return _exchange(replay, actor, progressed)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            blocked = error
            replay.rolled_back()
            time.sleep(SWAP_PAUSE_SECONDS)
    raise RebuildRefused(
        f"{replay.projection.name} is rebuilt, but its table is in use and cannot be exchanged: "
        f"{_blockers(replay)}. End that transaction and start again: only the exchange is left."
    ) from blocked


@transaction.atomic
def _exchange(replay: Replay, actor: str, progressed: Progressed) -> None:
    """The lane stands still, its last messages are folded, and the tables change places."""
    lane = Checkpoint.objects.select_for_update().filter(subscription=replay.projection.name)
    lane.get()
    advance([replay], replay.target(), progressed)
    with connection.cursor() as cursor:
        # A reader's open transaction would make us wait, and everybody else behind us.
        cursor.execute(f"SET LOCAL lock_timeout = '{SWAP_LOCK_MILLISECONDS}ms'")
    replay.shadow.replace_live()
    lane.update(version=replay.projection.version)
    replay.row.delete()
    Act.objects.create(actor=actor, act="rebuild", subscription=replay.projection.name)
    dispatch.after_commit()  # who came for a message meanwhile found the lane taken


def _forget(replay: Replay) -> None:
    replay.shadow.drop()
    replay.row.delete()


def _blockers(replay: Replay) -> str:
    with connection.cursor() as cursor:
        cursor.execute(BLOCKERS, [replay.shadow.live])
        found = cursor.fetchall()
    return "; ".join(f"pid {pid} ({state}, {name}, {seconds} s)" for pid, state, name, seconds in found)
