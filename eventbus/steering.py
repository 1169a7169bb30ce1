"""What a person can do about a saga that is stuck: retry a step, skip it, compensate, or resolve it.

Each is one transaction at the saga's own row, which its lane waits for, and leaves an `Act`: who, what, why.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from eventbus import dead_letters
from eventbus.consumers import steer
from eventbus.context import Cause
from eventbus.errors import EventBusError, SagaNotRunning, StepNotDead, StepNotSkippable
from eventbus.log import read_positions
from eventbus.models import Act, Delivery, Message, SagaState, Timer
from eventbus.sagas import Saga
from eventbus.stories import ACT_HEADER, Step, saga_class, story
from eventbus.subscriptions import invoke


@transaction.atomic
def retry(name: str, key: str, *, actor: str, reason: str = "") -> int:
    """Give every dead step of a saga its full number of attempts again; returns how many.

    Raises UnknownSaga, and StepNotDead where there is nothing to retry.
    """
    dead = _dead(name, key)
    if not dead:
        raise StepNotDead(f"No step of {name} {key} is dead: there is nothing to retry.")
    _note(name, key, act="retry", actor=actor, reason=reason)
    return dead_letters.retry(dead, actor=actor, reason=reason)


@transaction.atomic
def skip(name: str, key: str, type: str, *, actor: str, reason: str) -> None:
    """Give a dead step up because it was done by hand; a running saga goes on as its `@on_skip` method says.

    type: the wire name of the step's command. Raises UnknownSaga; StepNotDead where no such step is dead;
    StepNotSkippable where the saga waits for its outcome and cannot go on without.
    """
    _need_reason(reason, actor, f"skip {type}")
    saga, state = saga_class(name), _locked(name, key)
    step = _dead_step(name, key, type)
    running = state.status == SagaState.Status.RUNNING
    (command,) = read_positions([step.position])
    call = saga.skips.get(command.message.__class__)
    if running and call is None:
        raise StepNotSkippable(
            f"{name} {key} waits for what comes of {type} and cannot go on without it: "
            f"retry the step, or compensate."
        )
    act = _note(name, key, act="skip", actor=actor, reason=reason, message_id=step.position)
    dead_letters.discard([step.delivery_id or 0], actor=actor, reason=reason)
    if running and call is not None:
        skipped = call
        steer(
            saga, state, _cause(saga, key, act), lambda running_saga: invoke(skipped, command, running_saga)
        )


@transaction.atomic
def compensate(name: str, key: str, *, actor: str, reason: str) -> None:
    """Have a running saga take back what it has done, as its `compensate` says.

    Raises UnknownSaga, and SagaNotRunning where it has ended.
    """
    _need_reason(reason, actor, "compensate")
    saga, state = saga_class(name), _running(name, key)
    act = _note(name, key, act="compensate", actor=actor, reason=reason)
    decide: Callable[[Saga], None] = lambda running: running.compensate(key, reason)  # noqa: E731
    steer(saga, state, _cause(saga, key, act), decide)


@transaction.atomic
def resolve(name: str, key: str, *, actor: str, note: str) -> None:
    """End a saga as it is: a person has put right elsewhere what was wrong. Its dead steps are given up.

    Raises UnknownSaga.
    """
    _need_reason(note, actor, "resolve")
    state = _locked(name, key)
    _note(name, key, act="resolve", actor=actor, reason=note)
    dead_letters.discard(_dead(name, key), actor=actor, reason=note)
    Timer.objects.filter(saga=name, key=key).delete()
    state.status = SagaState.Status.RESOLVED
    state.save(update_fields=["status"])


def _locked(name: str, key: str) -> SagaState:
    story(name, key)  # raises where there is none
    return SagaState.objects.select_for_update().get(saga=name, key=key)


def _running(name: str, key: str) -> SagaState:
    state = _locked(name, key)
    if state.status != SagaState.Status.RUNNING:
        raise SagaNotRunning(f"{name} {key} is {state.status}: there is nothing left to compensate.")
    return state


def _dead_step(name: str, key: str, type: str) -> Step:
    dead = story(name, key).dead_steps
    for step in dead:
        if step.type == type:
            return step
    names = ", ".join(step.type for step in dead) or "none"
    raise StepNotDead(f"{type} is no dead step of {name} {key}; dead are: {names}.")


def _dead(name: str, key: str) -> list[int]:
    """The dead letters of a saga's steps, and its own: events that it failed to take."""
    steps = [step.delivery_id for step in story(name, key).dead_steps if step.delivery_id]
    unheard = Delivery.objects.filter(
        subscription=name, stream=saga_class(name).stream_of(key), state=Delivery.State.DEAD
    )
    return [*steps, *unheard.values_list("pk", flat=True)]


def _cause(saga: type[Saga], key: str, act: Act) -> Cause:
    first = Message.objects.filter(stream=saga.stream_of(key)).order_by("position").first()
    return Cause(correlation_id=first.correlation_id if first else None, headers={ACT_HEADER: act.pk})


def _note(name: str, key: str, **act: Any) -> Act:
    return Act.objects.create(subscription=name, stream=saga_class(name).stream_of(key), **act)


def _need_reason(reason: str, actor: str, act: str) -> None:
    if not reason.strip():
        raise EventBusError(f"{actor} would {act} without a reason. Say why; it is kept with the act.")
