"""Folding the log again, aside: the same model and the same fold, into a table of another schema.

A replay follows the live lane. It folds exactly what the lane has folded, so that its rows can be compared
with the live ones at any moment, and can take their place under the lane's own checkpoint. What waits as a
delivery of the lane was not folded there, and is left out here until it is.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from msgspec import Struct

from eventbus import archiving, log
from eventbus.errors import RebuildFailed, RebuildRefused
from eventbus.log import Progress, Selection, Undecodable
from eventbus.messages import Envelope
from eventbus.models import Checkpoint, Rebuild
from eventbus.projections import Projection, stored_fields
from eventbus.shadows import Shadow
from eventbus.snapshots import NOTHING, Snapshot
from eventbus.subscriptions import subscription

BATCH = 20_000
KEPT_ROWS = 50_000
EXAMPLES = 3
Progressed = Callable[[int], object]

# How far the lane has come and what it has left out until then, as one snapshot of the database sees them.
_LANE = """
SELECT seen::text, "window"::text, position, ARRAY(
    SELECT message_id FROM eventbus_delivery WHERE subscription = c.subscription
    UNION
    SELECT message_id FROM eventbus_act
    WHERE subscription = c.subscription AND act = 'discard' AND message_id IS NOT NULL)
FROM eventbus_checkpoint AS c WHERE subscription = %s"""

# Of these messages, those that a reader has come past.
_PASSED = """
SELECT position FROM eventbus_message
WHERE position = ANY(%(positions)s) AND (
    pg_visible_in_snapshot(xid, %(seen)s::text::pg_snapshot)
    OR position <= %(position)s AND pg_visible_in_snapshot(xid, %(window)s::text::pg_snapshot))
ORDER BY position"""


class Differences(Struct, frozen=True):
    """How a projection's live rows differ from its rebuilt ones: how many, and the first few."""

    projection: str
    live_count: int
    rebuilt_count: int
    live_only: list[tuple[Any, ...]]
    rebuilt_only: list[tuple[Any, ...]]

    def __bool__(self) -> bool:
        return bool(self.live_count or self.rebuilt_count)

    def __str__(self) -> str:
        return (
            f"{self.projection}: {self.live_count} live rows differ from the log, which gives "
            f"{self.rebuilt_count} others.\n  live:    {self.live_only}\n  rebuilt: {self.rebuilt_only}"
        )


class Replay:
    """One projection's rows aside, and how far they have come."""

    def __init__(self, projection: type[Projection], row: Rebuild) -> None:
        self.projection = projection
        self.row = row
        self.shadow = Shadow(projection.row)
        self.types = subscription(projection.name).types
        self.skipped: set[int] = set(row.skipped)
        self.kept: dict[Any, Model] = {}

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        window = Snapshot.parse(self.row.window) if self.row.window else None
        return Progress(Snapshot.parse(self.row.seen), window, self.row.position)

    def target(self) -> Progress:
        """How far the live lane has come now; what it has left out until then is left out from here on.

        What it has taken since, and this replay has come past, is folded at once: what follows in its stream
        came after it in the lane, too.
        """
        with connection.cursor() as cursor:
            cursor.execute(_LANE, [self.projection.name])
            row = cursor.fetchone()
        if row is None:
            raise RebuildRefused(f"{self.projection.name} has no checkpoint yet. Run manage.py migrate.")
        seen, window, position, left_out = row
        late = self.skipped - set(left_out)
        self.skipped = set(left_out)
        if late:
            self._fold_late(late)
        if window is None:
            return Progress(Snapshot.parse(seen))
        return Progress(Snapshot.parse(seen), Snapshot.parse(window), position)

    def fold(self, batch: Iterable[Envelope]) -> None:
        """Fold what is the projection's own of a batch."""
        mine = [e for e in batch if e.position not in self.skipped and _name(e) in self.types]
        if len(self.kept) > KEPT_ROWS:
            self.kept.clear()
        try:
            with transaction.atomic(), self.shadow.aside():
                self._apply(mine, self.kept)
        except Exception as failure:
            raise self._failed(mine) from failure

    def rolled_back(self) -> None:
        """Stand where the last committed batch ended: the transaction since has come to nothing."""
        self.row.refresh_from_db()
        self.skipped = set(self.row.skipped)
        self.kept.clear()

    def reached(self, progress: Progress) -> None:
        """Remember how far it has come, beside the rows."""
        self.row.seen, self.row.position = str(progress.seen), progress.position
        self.row.window = str(progress.window) if progress.window else None
        self.row.skipped = sorted(self.skipped)
        self.row.save()

    def differences(self) -> Differences:
        """How the live rows differ from those aside."""
        live, aside = self.shadow.live, self.shadow.table
        live_count, live_only = self._only_in(live, aside)
        rebuilt_count, rebuilt_only = self._only_in(aside, live)
        return Differences(self.projection.name, live_count, rebuilt_count, live_only, rebuilt_only)

    def _apply(self, batch: list[Envelope], kept: dict[Any, Model] | None = None) -> None:
        for envelope in batch:
            if isinstance(envelope.message, Undecodable):
                raise RebuildFailed(envelope.message.error)
        self.projection().apply(batch, kept)

    def _failed(self, batch: list[Envelope]) -> RebuildFailed:
        """Find the message at which a fold fails."""
        for envelope in batch:
            try:
                with transaction.atomic(), self.shadow.aside():
                    self._apply([envelope])
            except Exception as failure:  # whatever the fold raises is what the person has to read
                return RebuildFailed(
                    f"{self.projection.name} cannot fold message {envelope.position} ({_name(envelope)}): "
                    f"{type(failure).__name__}: {failure}. The live rows are as they were; correct the fold "
                    f"and start again: it goes on where it stopped."
                )
        return RebuildFailed(f"{self.projection.name} failed once and not again; start it again.")

    def _fold_late(self, late: set[int]) -> None:
        reached = {"seen": self.row.seen, "window": self.row.window, "position": self.row.position}
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_PASSED, {"positions": list(late), **reached})
                passed = [position for (position,) in cursor.fetchall()]
            self.fold(log.read_positions(passed))
            self.reached(self.progress)

    def _only_in(self, these: str, those: str) -> tuple[int, list[tuple[Any, ...]]]:
        columns = ", ".join(f'"{field.column}"::text' for field in stored_fields(self.projection.row))
        only = f"SELECT {columns} FROM {these} EXCEPT ALL SELECT {columns} FROM {those}"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) OVER (), * FROM ({only}) AS difference ORDER BY 2 LIMIT {EXAMPLES}"
            )
            rows = cursor.fetchall()
        return (rows[0][0] if rows else 0), [row[1:] for row in rows]


def _name(envelope: Envelope) -> str:
    message = envelope.message
    return message.name if isinstance(message, Undecodable) else message.contract.name


def advance(replays: Sequence[Replay], target: Progress, progressed: Progressed) -> None:
    """Bring replays that stand at the same point up to `target`, batch by batch, in one pass over the log."""
    selection = Selection(sorted({name for replay in replays for name in replay.types}))
    progress = replays[0].progress
    while progress != target:
        with transaction.atomic():
            batch, progress = _next(progress, target, selection)
            for replay in replays:
                replay.fold(batch)
                replay.reached(progress)
        progressed(progress.position or (batch[-1].position if batch else 0))


def _next(progress: Progress, target: Progress, selection: Selection) -> tuple[list[Envelope], Progress]:
    if progress == Progress(target.seen):  # what is left is the part the lane has done of an open window
        progress = Progress(target.seen, target.window, 0)
    batch, after = log.read(progress, selection, BATCH, until=target.seen)
    if target.window is None or progress.window != target.window or progress.seen != target.seen:
        return batch, after
    if after.window and after.position < target.position:
        return batch, after
    return [envelope for envelope in batch if envelope.position <= target.position], target


def compare(projection: type[Projection], progressed: Progressed = lambda position: None) -> Differences:
    """Fold a projection aside, up to what its live rows have seen, and compare; changes nothing.

    One transaction, in which the lane stands still: for tests, and for logs that are read in a moment.
    """
    with transaction.atomic():
        Checkpoint.objects.select_for_update().get(subscription=projection.name)
        Rebuild.objects.filter(projection=projection.name).delete()
        replay = begin(projection)
        advance([replay], replay.target(), progressed)
        differences = replay.differences()
        transaction.set_rollback(True)
    return differences


def begin(projection: type[Projection]) -> Replay:
    """A replay at the start of the log, with what the lane has seen as its first window."""
    archiving.require_whole_log(projection.name)
    row = Rebuild(projection=projection.name, version=projection.version, seen=str(NOTHING))
    replay = Replay(projection, row)
    replay.shadow.create()
    seen = replay.target().seen
    replay.reached(Progress(NOTHING, None if seen == NOTHING else seen))
    return replay
