"""Stories of writers and a reader, as Hypothesis makes them up."""

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
        self.number = 0

    @initialize(limit=st.integers(1, 3), shards=st.integers(1, 2), writes=st.booleans())
    def begin(self, **options: Any) -> None:
        """An empty log, and a reader of all of it or of a part."""
        self.world = a_world(WRITERS, self.reader, **options)

    @rule(
        who=st.integers(READER, WRITERS),
        act=st.sampled_from(["publish", "keep", "take back"]),
        counter=st.sampled_from(COUNTERS),
    )
    def write(self, who: int, act: str, counter: str) -> None:
        """Append a message, in a savepoint or outside; the reader does so in the transaction of its batch."""
        self.number += 1
        self._take((who, act, counter, self.number))

    @rule(who=st.integers(1, WRITERS))
    def take_xid(self, who: int) -> None:
        """Write something else first."""
        self._take((who, "take xid"))

    @rule(who=st.integers(1, WRITERS), act=st.sampled_from(["commit", "commit", "rollback"]))
    def end(self, who: int, act: str) -> None:
        """Commit, or take everything back."""
        self._take((who, act))

    @rule()
    def read(self) -> None:
        """Let the reader run one statement."""
        if self._take((READER, "read")) and self.world.turn and self.world.turn.done:
            self.reads.append(self.world)

    @rule(act=st.sampled_from(["commit", "commit", "rollback"]))
    def settle(self, act: str) -> None:
        """Keep the effect and the checkpoint of the batch, or crash between the two: both are gone."""
        self._take((READER, act))

    def teardown(self) -> None:
        """Whatever is open by now, the reader gets all that is committed."""
        with in_memory():
            drain(self.world)

    def _take(self, step: Step) -> bool:
        if can := possible(self.world, step):
            self.story.append(step)
            with in_memory():
                self.world = act(self.world, step)
        return can
