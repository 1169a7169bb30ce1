"""A story played on a real server: each writer on a connection of its own, the reader on Django's."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from django.db import connection, transaction

from eventbus import log, publish
from eventbus.log import Progress, Selection
from tests.eventbus.spec.machine import WRITERS
from tests.eventbus.spec.world import READER, Step, World
from tests.eventbus.toys import Counted
from tests.eventbus.writers import Writer, writers

OWN_XID = "SELECT pg_current_xact_id()::text::bigint"


class Read(NamedTuple):
    """What a batch brought, and which it looked at of the transactions begun by then, in their order."""

    numbers: tuple[int, ...]
    sees: tuple[bool, ...]


def read_in(world: World) -> Read:
    """The batch that a world's reader has just read."""
    assert world.turn is not None
    lane, before = world.turn.lane, len(world.lane.delivered)
    return Read(lane.delivered[before:], _sees(lane.progress, world.memory.begun))


def _sees(progress: Progress, xids: Sequence[int]) -> tuple[bool, ...]:
    looked = progress.window or progress.seen
    return tuple(looked.sees(xid) for xid in xids)


class _Crashed(Exception):
    """The reader's transaction is gone."""


class Stage:
    """The players. The story is one iterator, which whoever acts next goes on with."""

    def __init__(self, story: Sequence[Step], like: World, players: Sequence[Writer]) -> None:
        self.steps: Iterator[Step] = iter(story)
        self.like = like
        self.players = players
        self.progress = Progress(log.visible_now())
        self.begun: list[int] = []
        self.reads: list[Read] = []

    def play(self) -> list[Read]:
        """Play the whole story; returns what the reader read."""
        for step in self.steps:
            self._take(step)
        return self.reads

    def _take(self, step: Step) -> None:
        who, act, *what = step
        if who == READER:
            with suppress(_Crashed):
                self._turn()
        else:
            self._write(self.players[who - 1], act, *what)

    def _turn(self) -> None:
        selection = Selection(["toys.counted"], self.like.shards)
        with transaction.atomic():
            if self.like.writes:
                self._note_xid()
                self._until("read")
            with self._steps_between_statements():
                batch, after = log.read(self.progress, selection, self.like.limit)
            numbers = tuple(envelope.message.number for envelope in batch)  # type: ignore[attr-defined]
            self.reads.append(Read(numbers, _sees(after, self.begun)))
            self._until("commit")
        self.progress = after

    def _until(self, wanted: str) -> None:
        """Go on with the story until the reader's next step of this kind."""
        for who, act, *what in self.steps:
            if (who, act) == (READER, wanted):
                return
            if (who, act) == (READER, "rollback"):
                break
            if who == READER:
                self._publish(act, *what)
            else:
                self._take((who, act, *what))
        raise _Crashed

    @contextmanager
    def _steps_between_statements(self) -> Iterator[None]:
        first = True

        def run(execute: Any, *statement: Any) -> Any:
            nonlocal first
            if not first:
                self._until("read")
            first = False
            return execute(*statement)

        with connection.execute_wrapper(run):
            yield

    def _note_xid(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(OWN_XID)
            self._begun(cursor.fetchone())

    def _begun(self, row: tuple[int, ...] | None) -> None:
        assert row is not None
        if row[0] not in self.begun:
            self.begun.append(row[0])

    def _publish(self, act: str, counter: str, number: int) -> None:
        self._note_xid()
        with suppress(_Crashed), transaction.atomic(savepoint=act != "publish"):
            publish(Counted(counter=counter, number=number))
            if act == "take back":
                raise _Crashed

    def _write(self, writer: Writer, act: str, *what: Any) -> None:
        if act in ("commit", "rollback"):
            writer.commit() if act == "commit" else writer.rollback()
            return
        self._begun(writer.connection.execute(OWN_XID).fetchone())
        if act == "take xid":
            return
        counter, number = what
        if act == "publish":
            writer.publish(number, counter)
        else:
            with writer.connection.transaction(force_rollback=act == "take back"):
                writer.publish(number, counter)


def play(story: Sequence[Step], like: World) -> list[Read]:
    """What the bus's reader reads of this story on a real server."""
    with writers(WRITERS) as players:
        return Stage(story, like, players).play()
