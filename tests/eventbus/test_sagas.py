"""Sagas: what they send, take back, and wait for."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from eventbus import Event, publish
from eventbus.models import Message, SagaState, Timer
from eventbus.sagas import Later
from eventbus.testing import drain, scenario
from tests.eventbus import toys
from tests.eventbus.toys import Door, Opened, Overdue, Ring, Rung, Silence

DOOR, NEXT_DOOR = UUID(int=7), UUID(int=8)


@transaction.atomic
def happen(*events: Event) -> None:
    publish(*events)


def test_a_scenario_shows_what_a_saga_decides() -> None:
    overdue = Overdue(door_id=DOOR)
    story = scenario(Door).when(Opened(door_id=DOOR)).sends(Ring(door_id=DOOR)).waits(Later(overdue, 60))
    story.when(overdue).sends(Silence(door_id=DOOR)).completes()


def test_a_scenario_fails_when_something_else_is_sent() -> None:
    with pytest.raises(AssertionError, match=r"^sent "):
        scenario(Door).when(Opened(door_id=DOOR)).sends(Silence(door_id=DOOR))


@pytest.mark.usefixtures("toy_bus")
def test_a_timeout_comes_when_its_time_has_come() -> None:
    happen(Opened(door_id=DOOR))
    drain()
    assert toys.handled == [Ring(door_id=DOOR)]

    drain(timezone.now() + timedelta(seconds=61))

    assert toys.handled == [Ring(door_id=DOOR), Silence(door_id=DOOR)]
    state = SagaState.objects.get()
    assert (state.status, state.undos) == (SagaState.Status.COMPLETED, [])


@pytest.mark.usefixtures("toy_bus")
@pytest.mark.parametrize("change", [{"version": 2}, {"type": "toys.never"}, {"data": "{}"}])
def test_a_timeout_of_other_code_waits_for_it_and_keeps_no_other(change: dict[str, Any]) -> None:
    happen(Opened(door_id=DOOR), Opened(door_id=NEXT_DOOR))
    drain()
    toys.handled.clear()
    Timer.objects.filter(key=str(DOOR)).update(**change)

    drain(timezone.now() + timedelta(seconds=61))

    assert toys.handled == [Silence(door_id=NEXT_DOOR)]
    assert Timer.objects.get().key == str(DOOR)


@pytest.mark.usefixtures("toy_bus")
def test_a_completed_saga_drops_its_timeouts_and_listens_no_more() -> None:
    happen(Opened(door_id=DOOR))
    drain()
    happen(Rung(door_id=DOOR))
    drain()
    assert not Timer.objects.exists()

    happen(Overdue(door_id=DOOR))
    drain()

    assert toys.handled == [Ring(door_id=DOOR)]


@pytest.mark.usefixtures("toy_bus")
def test_an_event_that_starts_nothing_is_ignored_where_no_saga_runs() -> None:
    happen(Overdue(door_id=DOOR))

    drain()

    assert not SagaState.objects.exists()


@pytest.mark.usefixtures("toy_bus")
def test_a_story_keeps_its_correlation_and_each_message_its_cause() -> None:
    happen(Opened(door_id=DOOR))
    drain(timezone.now() + timedelta(hours=1))

    opened, ring, overdue, silence = Message.objects.order_by("position")
    assert {m.correlation_id for m in (opened, ring, overdue, silence)} == {opened.uuid}
    assert [m.causation_id for m in (ring, overdue, silence)] == [opened.uuid, opened.uuid, overdue.uuid]
