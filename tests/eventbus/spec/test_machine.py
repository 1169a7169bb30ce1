"""The reader in stories that Hypothesis makes up: longer than those that can be told in every order."""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.eventbus.spec.machine import ALWAYS_THE_SAME, Interleavings
from tests.eventbus.spec.naive import PAIR_READER, POSITION_READER, SETTLED_PAIR_READER
from tests.eventbus.spec.world import Broken

STORIES = settings(ALWAYS_THE_SAME, max_examples=200, stateful_step_count=60)


class ByPosition(Interleavings):
    """A reader that remembers the last position."""

    reader = POSITION_READER


class ByPair(Interleavings):
    """A reader that remembers the last (xid, position)."""

    reader = PAIR_READER


class BySettledPair(Interleavings):
    """The same, behind the oldest open transaction."""

    reader = SETTLED_PAIR_READER


def test_no_story_breaks_a_promise_of_the_reader() -> None:
    run_state_machine_as_test(Interleavings, settings=STORIES)


@pytest.mark.parametrize("machine", [ByPosition, ByPair, BySettledPair])
def test_the_same_stories_break_those_of_the_usual_readers(machine: type[Interleavings]) -> None:
    with pytest.raises(Broken):
        run_state_machine_as_test(machine, settings=settings(STORIES, phases=[Phase.generate]))
