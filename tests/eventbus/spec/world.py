"""One reader and some writers of the log, and what the reader promises.

`act` tells a story on by a step, and checks what it leads to. The reader runs the bus's own code, one
statement at a time, so that anything may happen between two of them.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from msgspec import Struct
from msgspec.structs import replace

from eventbus import log
from eventbus.log import Progress, Selection
from eventbus.snapshots import NOTHING
from tests.eventbus.spec.mvcc import STATEMENTS, Memory, Row, Rows, Transaction, falls_to

READER = 0
"""The reader's connection; the writers' follow."""

Step = tuple[Any, ...]
"""Who, what, and with what: `(1, "publish", "a", 7)`, `(READER, "read")`."""


class Broken(AssertionError):
    """The reader has broken a promise."""


class _Paused(Exception):
    """The reader wants a second statement in one step."""


class Session:
    """The reader's connection for one step: it answers as before, then `more` times, then makes a pause."""

    def __init__(self, memory: Memory, answers: tuple[Rows, ...], more: int) -> None:
        self.memory = memory
        self.answers = answers
        self.known = iter(answers)
        self.more = more
        self.result: Rows = ()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def execute(self, statement: Any, parameters: Any = None) -> None:
        """Answer one of the bus's statements by its text, or another reader's by what it does."""
        known = next(self.known, None)
        if known is not None:
            self.result = known
        elif self.more:
            self.more -= 1
            answer = STATEMENTS.get(statement, statement)
            self.result = answer(self.memory, READER, parameters)
            self.answers = (*self.answers, self.result)
        else:
            raise _Paused

    def fetchone(self) -> Any:
        return self.result[0]

    def fetchall(self) -> Rows:
        return self.result


class Reader(Struct, frozen=True):
    """A way to read the log: where it starts, and the next numbers after some progress."""

    start: Any
    read: Callable[[Session, Any, int, int], tuple[list[int], Any]]

    def drained(self, progress: Any) -> bool:
        """Whether it has delivered all that it saw when it looked last."""
        return getattr(progress, "window", None) is None


class _Connection:
    """Stands for Django's connection in the bus's code while a world is told of."""

    session: Session

    def cursor(self) -> Session:
        return self.session

    def rows(self, statement: str, parameters: Any) -> Rows:
        self.session.execute(statement, parameters)
        return self.session.fetchall()


_connection = _Connection()


def in_memory() -> AbstractContextManager[object]:
    """While it lasts, the bus's reader reads the log of worlds instead of a database's."""
    return patch.multiple(log, connection=_connection, rows_by_index=_connection.rows)


def _read_log(session: Session, progress: Any, shards: int, limit: int) -> tuple[list[int], Any]:
    _connection.session = session
    batch, after = log.read(progress, Selection(["toys.counted"], shards), limit)
    return [envelope.message.number for envelope in batch], after  # type: ignore[attr-defined]


SNAPSHOT_READER = Reader(Progress(NOTHING), _read_log)
"""The bus's own."""


class Lane(Struct, frozen=True):
    """What the reader has committed: how far it is, what it has delivered, what it owes."""

    progress: Any
    delivered: tuple[int, ...] = ()
    due: tuple[int, ...] = ()
    """What was committed, for this lane and by position, when the reader looked last."""
    ended: tuple[int, ...] = ()
    """The ids that had been taken and were open no more when the reader looked last."""


class Turn(Struct, frozen=True):
    """A batch on its way, in a transaction of the reader's."""

    lane: Lane
    answers: tuple[Rows, ...] = ()
    done: bool = False


class World(Struct, frozen=True):
    """Everything there is."""

    memory: Memory
    lane: Lane
    reader: Reader = SNAPSHOT_READER
    shards: int = 1
    limit: int = 1
    writes: bool = True
    """Whether the reader locks its checkpoint first, which gives its transaction an id."""
    turn: Turn | None = None


def a_world(writers: int, reader: Reader = SNAPSHOT_READER, **options: Any) -> World:
    """An empty log, with a reader at its start."""
    nobody = tuple(Transaction() for _ in range(writers + 1))
    return World(Memory(nobody), Lane(reader.start), reader, **options)


def possible(world: World, step: Step) -> bool:
    """Whether a step can be taken. Writers of one stream take turns, as its revisions make them."""
    who, act, *what = step
    if act in ("publish", "keep", "take back"):
        in_turn = world.turn is not None and world.turn.done if who == READER else True
        return in_turn and set(world.memory.writes(what[0])) <= {who}
    if who != READER:
        return act == "take xid" or world.memory.open[who] != Transaction()
    if world.turn is None:
        return bool(act == ("claim" if world.writes else "read"))
    return act in ("rollback", "commit" if world.turn.done else "read")


def act(world: World, step: Step) -> World:
    """Take a step. Raises Broken where the reader has broken a promise by it."""
    who, act, *what = step
    if act == "claim":
        return replace(world, memory=world.memory.take_xid(READER), turn=Turn(world.lane))
    if act == "read":
        return _read(world)
    if who == READER and act in ("commit", "rollback"):
        return _settle(world, commit=act == "commit")
    return replace(world, memory=_write(world.memory, who, act, what))


def _write(memory: Memory, who: int, act: str, what: list[Any]) -> Memory:
    if act == "take xid":
        return memory.take_xid(who)
    if act in ("commit", "rollback"):
        return memory.end(who, commit=act == "commit")
    counter, number = what
    if act == "publish":
        return memory.publish(who, counter, number)
    return memory.publish_in_savepoint(who, counter, number, kept=act == "keep")


def _read(world: World, statements: int = 1) -> World:
    """Run the reader's next statements, one unless more are wanted."""
    memory, turn = world.memory, world.turn
    if turn is None or not turn.answers:
        turn = Turn(_looked(world, memory))
    session = Session(memory, turn.answers, statements)
    try:
        numbers, after = world.reader.read(session, turn.lane.progress, world.shards, world.limit)
    except _Paused:
        return replace(world, turn=replace(turn, answers=session.answers))
    lane = replace(turn.lane, progress=after, delivered=(*turn.lane.delivered, *numbers))
    _check(lane, memory)
    if world.reader.drained(after):
        _check_drained(lane, memory, after)
    return replace(world, turn=Turn(lane, session.answers, done=True))


def _looked(world: World, memory: Memory) -> Lane:
    """The lane at the start of a batch; where it takes a new window, it owes all that is committed now."""
    if not world.reader.drained(world.lane.progress):
        return world.lane
    running = {own.xid for own in memory.open}
    ended = tuple(xid for xid in memory.begun if xid not in running)
    return replace(world.lane, due=tuple(row.number for row in _wanted(world, memory)), ended=ended)


def _wanted(world: World, memory: Memory) -> list[Row]:
    return [row for row in memory.committed if falls_to(row.counter, world.shards, 0)]


def _settle(world: World, *, commit: bool) -> World:
    assert world.turn is not None
    lane = world.turn.lane if commit else world.lane
    return replace(world, memory=world.memory.end(READER, commit=commit), lane=lane, turn=None)


def _check(lane: Lane, memory: Memory) -> None:
    """What holds after every batch."""
    rows = {row.number: row for row in memory.committed}
    if early := [number for number in lane.delivered if number not in rows]:
        raise Broken(f"delivered before its commit: {early}")
    if len(set(lane.delivered)) < len(lane.delivered):
        raise Broken(f"delivered twice: {list(lane.delivered)}")
    streams: dict[str, int] = {}
    for row in (rows[number] for number in lane.delivered):
        if row.position < streams.get(row.counter, 0):
            raise Broken(f"out of order: {list(lane.delivered)}")
        streams[row.counter] = row.position


def _check_drained(lane: Lane, memory: Memory, after: Any) -> None:
    """What holds once a window is drained: it was all that was committed when it was taken, and no more."""
    if lost := [number for number in lane.due if number not in lane.delivered]:
        raise Broken(f"not delivered: {lost}")
    if early := [number for number in lane.delivered if number not in lane.due]:
        raise Broken(f"of another window: {early}")
    if isinstance(after, Progress):
        seen = tuple(xid for xid in memory.begun if after.seen.sees(xid))
        if seen != lane.ended:
            raise Broken(f"{after.seen} sees {list(seen)}, and {list(lane.ended)} had ended")


def drain(world: World) -> World:
    """Read until nothing is left, whatever is open meanwhile. Raises Broken where the reader waits."""
    if world.turn is not None:
        world = act(world, (READER, "rollback"))
    reads, owed = 0, [row.number for row in _wanted(world, world.memory)]
    while sorted(world.lane.delivered) != sorted(owed) or not world.reader.drained(world.lane.progress):
        if (reads := reads + 1) > 2 * world.memory.next_position + 2:
            raise Broken(f"held up: {reads} batches, {list(world.lane.delivered)} delivered of {owed}")
        claimed = act(world, (READER, "claim")) if world.writes else world
        world = _settle(_read(claimed, statements=9), commit=True)
    return world
