"""Leading a stuck saga on: its story, and what a person may decide about it."""

from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from eventbus import Event, Reject, publish, steering
from eventbus.errors import EventBusError, SagaNotRunning, StepNotDead, StepNotSkippable, UnknownSaga
from eventbus.models import Act, Delivery, Message, SagaState, Timer
from eventbus.stories import commands_sent_by, story, stuck
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.toys import Door, Opened, Ring, Rung, Silence

pytestmark = pytest.mark.usefixtures("toy_bus")
DOOR = UUID(int=7)
KEY = str(DOOR)
RING, SILENCE = "toys.ring", "toys.silence"


@transaction.atomic
def happen(*events: Event) -> None:
    publish(*events)


def broken(message: object) -> None:
    raise Reject("the bell is broken")


@pytest.fixture
def dead_bell(toy_bus: None) -> None:
    """A door whose bell could not ring, and could now."""
    toys.behaviour["ring"] = broken
    happen(Opened(door_id=DOOR))
    drain()
    del toys.behaviour["ring"]


def told(name: str = "toys.door", key: str = KEY) -> list[tuple[str, str, list[str]]]:
    """The story without its times."""
    return [(c.title, c.why, [str(step) for step in c.steps]) for c in story(name, key).chapters]


def acts() -> list[tuple[str, str, str, str]]:
    return list(Act.objects.order_by("pk").values_list("actor", "act", "subscription", "reason"))


def test_a_saga_can_send_what_its_methods_name() -> None:
    assert commands_sent_by(Door) == {Ring, Silence}


def test_a_story_tells_what_was_heard_why_and_what_came_of_it() -> None:
    happen(Opened(door_id=DOOR))
    drain()
    happen(Rung(door_id=DOOR))
    drain()

    assert told() == [
        ("Opened", "Ring, and look again in a minute.", ["Ring: done"]),
        ("Rung", "All is well.", []),
    ]
    assert story("toys.door", KEY).status == "completed"


def test_a_story_tells_of_steps_that_are_still_under_way_and_of_timeouts() -> None:
    happen(Opened(door_id=DOOR))
    toys.behaviour["ring"] = lambda message: 1 / 0  # type: ignore[assignment]
    drain()

    ((_, _, (step,)),) = told()
    timer = Timer.objects.get()
    assert step.startswith("Ring: waiting (failed 1 times, again at ")
    assert step.endswith(": ZeroDivisionError: division by zero)")
    assert story("toys.door", KEY).timeouts == (
        f"Overdue at {timezone.localtime(timer.due_at):%Y-%m-%d %H:%M:%S}",
    )


@pytest.mark.usefixtures("dead_bell")
def test_a_dead_step_is_told_and_makes_its_saga_one_that_needs_a_person() -> None:
    assert told()[0][2] == ["Ring: dead (Reject: the bell is broken)"]
    assert [(state.key, vars(state)["dead"]) for state in stuck()] == [(KEY, True)]


def test_a_saga_that_waits_for_nothing_needs_a_person_after_an_hour() -> None:
    happen(Opened(door_id=DOOR))
    drain()
    Timer.objects.all().delete()
    assert list(stuck()) == []

    SagaState.objects.update(updated_at=timezone.now() - timedelta(minutes=61))

    assert [(state.key, vars(state)["dead"]) for state in stuck()] == [(KEY, False)]
    assert list(stuck("toys.door")) == list(stuck())


@pytest.mark.usefixtures("dead_bell")
def test_a_retried_step_runs_again_and_the_story_says_who_had_it_retried() -> None:
    assert steering.retry("toys.door", KEY, actor="ada", reason="new bell") == 1
    drain()

    assert told() == [
        ("Opened", "Ring, and look again in a minute.", ["Ring: done"]),
        ("ada: retry", "new bell", []),
    ]
    assert list(stuck()) == []
    assert acts() == [
        ("ada", "retry", "toys.door", "new bell"),
        ("ada", "retry", RING, "new bell"),
    ]


@pytest.mark.usefixtures("dead_bell")
def test_a_skipped_step_is_given_up_and_the_saga_goes_on_its_own_way() -> None:
    steering.skip("toys.door", KEY, RING, actor="ada", reason="knocked instead")
    drain()

    assert told() == [
        ("Opened", "Ring, and look again in a minute.", ["Ring: given up (knocked instead)"]),
        ("ada: skip ring", "knocked instead", ["Silence: done"]),
    ]
    assert SagaState.objects.get().status == SagaState.Status.COMPLETED
    assert not Delivery.objects.exists()
    assert not Timer.objects.exists()


@pytest.mark.usefixtures("dead_bell")
def test_what_a_person_has_a_saga_send_belongs_to_its_story() -> None:
    steering.skip("toys.door", KEY, RING, actor="ada", reason="knocked instead")

    opened, _, silence = Message.objects.order_by("position")
    assert silence.correlation_id == opened.correlation_id


def test_a_step_that_the_saga_needs_cannot_be_skipped_while_it_runs() -> None:
    happen(Opened(door_id=DOOR))
    toys.behaviour["silence"] = broken
    drain()
    steering.compensate("toys.door", KEY, actor="ada", reason="too loud")
    drain()
    SagaState.objects.update(status=SagaState.Status.RUNNING)
    before = acts()

    with pytest.raises(StepNotSkippable, match=r"waits for what comes of toys\.silence and cannot go on"):
        steering.skip("toys.door", KEY, SILENCE, actor="ada", reason="so what")

    assert acts() == before
    SagaState.objects.update(status=SagaState.Status.COMPLETED)

    steering.skip("toys.door", KEY, SILENCE, actor="ada", reason="it rang out")

    assert told()[-1] == ("ada: skip silence", "it rang out", [])
    assert list(stuck()) == []


@pytest.mark.usefixtures("dead_bell")
def test_a_compensated_saga_takes_back_what_it_did_and_ends() -> None:
    steering.compensate("toys.door", KEY, actor="ada", reason="wrong door")
    drain()

    assert toys.handled[-1] == Silence(door_id=DOOR)
    assert told()[1] == ("ada: compensate", "wrong door", ["Silence: done"])
    assert SagaState.objects.get().status == SagaState.Status.COMPLETED
    with pytest.raises(SagaNotRunning, match="is completed: there is nothing left to compensate"):
        steering.compensate("toys.door", KEY, actor="ada", reason="again")


@pytest.mark.usefixtures("dead_bell")
def test_a_resolved_saga_listens_no_more_and_leaves_nothing_behind() -> None:
    steering.resolve("toys.door", KEY, actor="ada", note="door was taken out")
    happen(Rung(door_id=DOOR))
    drain(timezone.now() + timedelta(hours=1))

    assert SagaState.objects.get().status == SagaState.Status.RESOLVED
    assert (Delivery.objects.count(), Timer.objects.count(), list(stuck())) == (0, 0, [])
    assert ("ada: resolve", "door was taken out", []) in told()


@pytest.mark.usefixtures("dead_bell")
@pytest.mark.parametrize(
    ("act", "refusal", "sentence"),
    [
        (
            lambda: steering.retry("toys.door", "nobody", actor="ada"),
            UnknownSaga,
            "No saga toys.door has begun",
        ),
        (
            lambda: steering.retry("toys.gate", KEY, actor="ada"),
            UnknownSaga,
            "There is no saga 'toys.gate'; there ",
        ),
        (
            lambda: steering.skip("toys.door", KEY, SILENCE, actor="ada", reason="x"),
            StepNotDead,
            "toys.silence is no dead step of toys.door .*; dead are: toys.ring",
        ),
        (
            lambda: steering.skip("toys.door", KEY, RING, actor="ada", reason=" "),
            EventBusError,
            "ada would skip toys.ring without a reason",
        ),
        (
            lambda: steering.compensate("toys.door", KEY, actor="ada", reason=""),
            EventBusError,
            "ada would compensate without a reason",
        ),
        (
            lambda: steering.resolve("toys.door", KEY, actor="ada", note=""),
            EventBusError,
            "ada would resolve without a reason",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(act, refusal, sentence) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(refusal, match=sentence):
        act()

    assert acts() == []
    assert Delivery.objects.get().state == Delivery.State.DEAD


def test_a_saga_without_a_dead_step_has_nothing_to_retry() -> None:
    happen(Opened(door_id=DOOR))
    drain()

    with pytest.raises(StepNotDead, match="there is nothing to retry"):
        steering.retry("toys.door", KEY, actor="ada")


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("sagas", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("dead_bell")
def test_the_command_lists_tells_and_decides() -> None:
    assert "toys.door  00000000-0000-0000-0000-000000000007  running" in command("list")
    assert command("list").endswith("a step is dead\n")
    shown = command("show", "toys.door", KEY)
    assert "Opened. Ring, and look again in a minute." in shown
    assert "→ Ring: dead (Reject: the bell is broken)  [toys.ring]" in shown
    assert "still to come: Overdue at " in shown

    skipped = command("skip", "toys.door", KEY, RING, "--actor", "ada", "--reason", "knocked")

    assert "ada: skip ring. knocked" in skipped
    drain()
    assert command("list") == "No saga needs a person.\n"
    assert command("list", "--all").startswith(f"toys.door  {KEY}  completed")
    with pytest.raises(CommandError, match="is completed: there is nothing left to compensate"):
        command("compensate", "toys.door", KEY, "--reason", "late")
