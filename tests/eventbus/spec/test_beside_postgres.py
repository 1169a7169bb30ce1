"""The model of Postgres beside the real one: the same story, the same reads."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.eventbus.spec.machine import ALWAYS_THE_SAME, Interleavings
from tests.eventbus.spec.stage import play, read_in
from tests.eventbus.spec.world import READER, Step, a_world, act, in_memory

pytestmark = pytest.mark.usefixtures("toy_bus")


BATCH: list[Step] = [(READER, "claim"), (READER, "read"), (READER, "read"), (READER, "commit")]
STRAGGLERS: list[Step] = [
    *((1, "publish", "a", number) for number in (1, 2)),
    (2, "publish", "b", 3),
    (2, "commit"),
    *(2 * BATCH),
    (1, "commit"),
    *(4 * BATCH),
]
"""Two messages that come late, before one that was read already; each is a batch."""


class BesidePostgres(Interleavings):
    """Tells the story in memory, then plays it."""

    def teardown(self) -> None:
        """Both read the same."""
        super().teardown()
        assert play(self.story, self.world) == [read_in(world) for world in self.reads]


def test_a_real_server_tells_the_same_stories() -> None:
    run_state_machine_as_test(
        BesidePostgres, settings=settings(ALWAYS_THE_SAME, max_examples=50, stateful_step_count=60)
    )


def test_what_was_seen_is_passed_over_inside_a_later_window() -> None:
    world, told = a_world(2), []
    with in_memory():
        for step in STRAGGLERS:
            world = act(world, step)
            if world.turn and world.turn.done:
                told.append(read_in(world))

    assert [read.numbers for read in told] == [(3,), (), (1,), (2,), (), ()]
    assert play(STRAGGLERS, world) == told
