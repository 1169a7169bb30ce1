"""The model of Postgres beside the real one: the same story, the same reads."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.eventbus.spec.machine import ALWAYS_THE_SAME, Interleavings
from tests.eventbus.spec.stage import play, read_in

pytestmark = pytest.mark.usefixtures("toy_bus")


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
