"""Stories of writers and a reader, as Hypothesis makes them up."""

from collections.abc import Iterator
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.eventbus.spec.world import (
    READER,
    SNAPSHOT_READER,
    Reader,
    Step,
    World,
    a_world,
    act,
    drain,
    in_memory,
    possible,
)

WRITERS = 3
COUNTERS = "abc"
ALWAYS_THE_SAME = settings(derandomize=True, deadline=None, database=None)


class Interleavings(RuleBasedStateMachine):
    """Writers write in savepoints and outside, commit and roll back, while a reader reads and crashes."""

    reader: Reader = SNAPSHOT_READER
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.story: list[Step] = []
        self.reads: list[World] = []

    @initialize(limit=st.integers(1, 3), shards=st.integers(1, 2), writes=st.booleans())
    def begin(self, **options: Any) -> None:
        """An empty log, and a reader of all of it or of a part."""
        self.world = a_world(WRITERS, self.reader, **options)

    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """Take one of the steps that are possible: a writer's, or the reader's next statement."""
        step = data.draw(st.sampled_from([step for step in self._steps() if possible(self.world, step)]))
        self.story.append(step)
        with in_memory():
            self.world = act(self.world, step)
        if step == (READER, "read") and self.world.turn and self.world.turn.done:
            self.reads.append(self.world)

    def teardown(self) -> None:
        """Whatever is open by now, the reader gets all that is committed."""
        with in_memory():
            drain(self.world)

    def _steps(self) -> Iterator[Step]:
        """All steps there are; the reader's often, or it would rarely finish what it has begun."""
        number = len(self.story)
        for who in range(READER, WRITERS + 1):
            yield from ((who, act, COUNTERS[who % 3], number) for act in ("publish", "keep", "take back"))
            yield from ((who, act) for act in ("commit", "commit", "rollback"))
        yield from ((who, "take xid") for who in range(1, WRITERS + 1))
        yield from 6 * [(READER, "claim"), (READER, "read"), (READER, "commit")]
