"""What each kind of subscription does with a batch of messages, inside the lane's transaction."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from time import perf_counter
from typing import Any

import msgspec
from django.utils import timezone

from eventbus import guards, observing, outbox, registry, sql
from eventbus.context import Cause, Draft, cause_of, handling
from eventbus.messages import Command, Envelope
from eventbus.models import Delivery, SagaState, Timer
from eventbus.preparing import write_rows
from eventbus.projections import Projection
from eventbus.sagas import Later, Saga
from eventbus.subscriptions import Batch, Subscription, invoke

logger = logging.getLogger(__name__)
_SAGA_COLUMNS = ("saga", "key", "status", "undos", "updated_at")
_unreadable: set[int] = set()
"""The timeouts that this process has tried in vain."""


def consume(subscription: Subscription, batch: Batch, attempt: int = 1) -> None:
    """Hand a batch to its consumer. An exception means that nothing of the batch has happened."""
    if subscription.external:
        set_aside(subscription, batch)
        return
    began = perf_counter()
    with guards.running(subscription.name):
        _consume(subscription, batch, attempt)
    observing.handled(subscription, batch, perf_counter() - began, attempt)


def _consume(subscription: Subscription, batch: Batch, attempt: int) -> None:
    if subscription.queue == "projections":
        with observing.processing(subscription, batch, attempt) as traced:
            projection: Projection = subscription.consumer()
            projection.apply(traced)
    elif subscription.queue == "sagas":
        with observing.processing(subscription, batch, attempt) as traced:
            _advance_sagas(subscription.consumer, traced)
    else:
        for message in batch:
            with observing.processing(subscription, [message], attempt) as (envelope,), handling(envelope):
                invoke(subscription.consumer.call, envelope)


def set_aside(subscription: Subscription, batch: Batch, **details: Any) -> None:
    """Keep messages for later, one delivery each."""
    untried = {"state": Delivery.State.WAITING, "attempts": 0, "outages": 0, "error": ""}
    rows = [
        {
            "subscription": subscription.name,
            "message_id": envelope.position,
            "stream": envelope.stream,
            "shard": outbox.shard_of(envelope.stream),
            **untried,
            "due_at": envelope.occurred_at,
            **details,
        }
        for envelope in batch
    ]
    write_rows(sql.SET_ASIDE, rows)


def _advance_sagas(cls: type[Saga], batch: Batch) -> None:
    by_key: dict[str, list[Envelope]] = defaultdict(list)
    for envelope in batch:
        by_key[str(envelope.message.key_value)].append(envelope)
    states = _load_states(cls, by_key)
    steps = _Steps()
    for key, envelopes in by_key.items():
        for envelope in envelopes:
            if _listens(cls, states.get(key), envelope):
                state = states.setdefault(key, SagaState(saga=cls.name, key=key))
                _advance(cls, state, envelope, steps)
    steps.carry_out(cls)


def steer(cls: type[Saga], state: SagaState, cause: Cause, decide: Callable[[Saga], None]) -> None:
    """Let a person's decision move a saga on, whose state's row the caller holds locked."""
    steps = _Steps()
    _decide(cls, state, cause, decide, steps)
    steps.carry_out(cls)


def _load_states(cls: type[Saga], keys: Iterable[str]) -> dict[str, SagaState]:
    found = SagaState.objects.select_for_update().filter(saga=cls.name, key__in=list(keys)).order_by("key")
    return {state.key: state for state in found}


def _listens(cls: type[Saga], state: SagaState | None, envelope: Envelope) -> bool:
    if state is None:
        return isinstance(envelope.message, cls.starts)
    return state.status == SagaState.Status.RUNNING


class _Steps:
    """What the sagas of a batch have decided, to be stored and sent at once."""

    def __init__(self) -> None:
        self.records: list[Draft] = []
        self.states: dict[str, SagaState] = {}
        self.timers: list[dict[str, Any]] = []

    def carry_out(self, cls: type[Saga]) -> None:
        """Store the states and timers, and send the commands: one statement each."""
        states = self.states.values()
        write_rows(
            sql.SAVE_SAGAS, [{name: getattr(state, name) for name in _SAGA_COLUMNS} for state in states]
        )
        ended = [state.key for state in states if state.status == SagaState.Status.COMPLETED]
        write_rows(sql.SET_TIMERS, [timer for timer in self.timers if timer["key"] not in ended])
        if ended:
            Timer.objects.filter(saga=cls.name, key__in=ended).delete()
        outbox.append(self.records)


def _advance(cls: type[Saga], state: SagaState, envelope: Envelope, steps: _Steps) -> None:
    call = cls.calls[type(envelope.message)]
    _decide(cls, state, cause_of(envelope), lambda saga: invoke(call, envelope, saga), steps)


def _decide(
    cls: type[Saga], state: SagaState, cause: Cause, decide: Callable[[Saga], None], steps: _Steps
) -> None:
    saga = cls(_stored_command(undo) for undo in state.undos)
    decide(saga)
    state.undos = [_storable(undo) for undo in saga.undos]
    state.status = SagaState.Status.COMPLETED if saga.completed else SagaState.Status.RUNNING
    state.updated_at = timezone.now()
    steps.states[state.key] = state
    steps.timers += [_timer(state, later, cause) for later in saga.timeouts]
    steps.records += [Draft(command, cause) for command in saga.sent]


def _storable(command: Command) -> dict[str, Any]:
    contract = command.contract
    return {"type": contract.name, "version": contract.version, "data": registry.encode(command)}


def _stored_command(stored: dict[str, Any]) -> Command:
    command = registry.decode(stored["type"], stored["version"], stored["data"])
    assert isinstance(command, Command)
    return command


def _timer(state: SagaState, later: Later, cause: Cause) -> dict[str, Any]:
    contract = later.event.contract
    return {
        "saga": state.saga,
        "key": state.key,
        "due_at": timezone.now() + timedelta(seconds=later.seconds),
        "type": contract.name,
        "version": contract.version,
        "data": registry.encode(later.event),
        "cause": msgspec.structs.replace(cause, envelope=None),
    }


def fire_timers(now: Any) -> int:
    """Publish the timeouts that are due; returns how many. What only newer code can read is left to it."""
    waiting = Timer.objects.exclude(pk__in=_unreadable).filter(due_at__lte=now)
    due = waiting.select_for_update(skip_locked=True).order_by("due_at")[:200]
    drafts = {timer.pk: draft for timer in due if (draft := _draft(timer))}
    outbox.append(list(drafts.values()))
    Timer.objects.filter(pk__in=drafts).delete()
    return len(drafts)


def _draft(timer: Timer) -> Draft | None:
    try:
        event = registry.decode(timer.type, timer.version, timer.data)
    except Exception as error:  # one of them must not keep the others, nor the relay
        _unreadable.add(timer.pk)
        logger.error("timeout_unreadable", extra={"message_type": timer.type, "reason": str(error)})
        return None
    return Draft(event, msgspec.convert(timer.cause, Cause))
