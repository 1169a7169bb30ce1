"""A saga's history as a story: what it heard, why it did what, what came of that, and what people decided.

Nothing is kept for it: the log has every message, the deliveries say which of them wait or failed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone
from msgspec import Struct, json
from msgspec.structs import replace

from eventbus.errors import UnknownSaga
from eventbus.lanes import headline
from eventbus.messages import Command
from eventbus.models import Act, Delivery, SagaState, Timer
from eventbus.models import Message as LoggedMessage
from eventbus.registry import message_classes
from eventbus.sagas import Saga
from eventbus.subscriptions import subscriptions

ACT_HEADER = "act"
IDLE = timedelta(hours=1)

_OUTCOMES = """
SELECT m.position, d.id, d.state, d.attempts, d.due_at, d.error,
       coalesce(pg_visible_in_snapshot(m.xid, c.seen)
                OR (m.position <= c.position AND pg_visible_in_snapshot(m.xid, c."window")), false)
FROM eventbus_message AS m
JOIN json_to_recordset(%(handlers)s) AS handler (type text, name text, shards int) ON handler.type = m.type
LEFT JOIN eventbus_delivery AS d ON d.message_id = m.position AND d.subscription = handler.name
LEFT JOIN eventbus_checkpoint AS c
       ON c.subscription = handler.name AND c.shard = m.shard %% handler.shards
WHERE m.position = ANY(%(positions)s)
"""


class Step(Struct, frozen=True, kw_only=True):
    """A command that the saga sent, and its state: done, waiting, claimed, unknown, dead or given up."""

    position: int
    type: str
    title: str
    state: str = "waiting"
    detail: str = ""
    delivery_id: int | None = None

    def __str__(self) -> str:
        return f"{self.title}: {self.state}{f' ({self.detail})' if self.detail else ''}"


class Chapter(Struct, frozen=True, kw_only=True):
    """A moment of the story: an event that the saga heard, or a person's act; and the steps that followed."""

    at: datetime
    title: str
    why: str
    steps: tuple[Step, ...] = ()


class Story(Struct, frozen=True, kw_only=True):
    """One saga: where it stands, what happened so far, and what it still waits for."""

    saga: str
    key: str
    status: str
    chapters: tuple[Chapter, ...]
    timeouts: tuple[str, ...]

    @property
    def dead_steps(self) -> tuple[Step, ...]:
        """The steps that failed for good: a person has to retry or to skip them."""
        return tuple(step for chapter in self.chapters for step in chapter.steps if step.state == "dead")

    @property
    def needs_decision(self) -> bool:
        """Whether there is anything left for a person to decide: an ended saga without dead steps is over."""
        return self.status == SagaState.Status.RUNNING or bool(self.dead_steps)


def saga_class(name: str) -> type[Saga]:
    """The saga of that name. Raises UnknownSaga where this process has none."""
    found = {s.name: s.consumer for s in subscriptions() if s.queue == "sagas"}
    if name not in found:
        raise UnknownSaga(f"There is no saga {name!r}; there are: {', '.join(sorted(found)) or 'none'}.")
    saga: type[Saga] = found[name]
    return saga


def story(name: str, key: str) -> Story:
    """The story of the saga `name` for that key, oldest first. Raises UnknownSaga where it never began."""
    saga = saga_class(name)
    state = SagaState.objects.filter(saga=name, key=key).first()
    if state is None:
        raise UnknownSaga(f"No saga {name} has begun for {key}.")
    messages = list(LoggedMessage.objects.filter(stream=saga.stream_of(key)).order_by("position"))
    acts = Act.objects.filter(subscription=name, stream=saga.stream_of(key)).order_by("pk")
    timers = Timer.objects.filter(saga=name, key=key).order_by("due_at")
    return Story(
        saga=name,
        key=key,
        status=state.status,
        chapters=tuple(_chapters(saga, messages, acts)),
        timeouts=tuple(
            f"{_title(t.type)} at {timezone.localtime(t.due_at):%Y-%m-%d %H:%M:%S}" for t in timers
        ),
    )


def stuck(name: str = "") -> QuerySet[SagaState]:
    """The sagas that need a person: a step of theirs is dead, or they wait although nothing is on its way.

    name: of this saga only. Annotated with `dead`: whether it is for a dead step.
    """
    sagas = [s.consumer for s in subscriptions() if s.queue == "sagas" and name in ("", s.name)]
    found = SagaState.objects.none()
    for saga in sagas:
        rows = SagaState.objects.filter(saga=saga.name).annotate(
            stream=Concat(Value(saga.starts[0].contract.stream_prefix), F("key"))
        )
        found = found.union(_dead(saga, rows), _idle(saga, rows))
    return found.order_by("-dead", "updated_at")  # type: ignore[misc]


def _dead(saga: type[Saga], rows: QuerySet[SagaState]) -> QuerySet[SagaState]:
    prefix = saga.starts[0].contract.stream_prefix
    dead = Delivery.objects.filter(
        state=Delivery.State.DEAD, subscription__in=[saga.name, *(name for _, name, _ in _handlers(saga))]
    ).filter(stream__startswith=prefix)
    keys = dead.annotate(key=Substr("stream", len(prefix) + 1)).values("key")
    return rows.exclude(status=SagaState.Status.RESOLVED).filter(key__in=keys).annotate(dead=Value(True))


def _idle(saga: type[Saga], rows: QuerySet[SagaState]) -> QuerySet[SagaState]:
    timers = Timer.objects.filter(saga=saga.name, key=OuterRef("key"))
    return rows.filter(
        ~Exists(timers),
        ~Exists(Delivery.objects.filter(stream=OuterRef("stream"))),
        status=SagaState.Status.RUNNING,
        updated_at__lt=timezone.now() - IDLE,
    ).annotate(dead=Value(False))


def _chapters(saga: type[Saga], messages: Sequence[LoggedMessage], acts: Iterable[Act]) -> Iterable[Chapter]:
    heard = {cls.contract.name: call for cls, call in saga.calls.items()}
    steps = _steps(saga, messages)
    chapters = [
        Chapter(
            at=message.occurred_at,
            title=_title(message.type),
            why=_summary(heard[message.type].function),
            steps=tuple(steps[message.uuid]),
        )
        for message in messages
        if message.type in heard
    ]
    types = {message.position: message.type for message in messages}
    chapters += [
        Chapter(
            at=act.at,
            title=f"{act.actor}: {act.act} {_title(types.get(act.message_id or 0, '')).lower()}".rstrip(),
            why=act.reason,
            steps=tuple(steps[act.pk]),
        )
        for act in acts
    ]
    return sorted(chapters, key=lambda chapter: chapter.at)


def _steps(saga: type[Saga], messages: Sequence[LoggedMessage]) -> dict[UUID | int, list[Step]]:
    """The commands that the saga sent, by the message or the act that made it send them."""
    types = {name for name, _, _ in _handlers(saga)}
    commands = [message for message in messages if message.type in types and message.kind == Command.kind]
    outcomes = _outcomes(saga, [command.position for command in commands])
    steps: dict[UUID | int, list[Step]] = defaultdict(list)
    for command in commands:
        cause = command.causation_id or command.headers.get(ACT_HEADER)
        if cause is not None:
            steps[cause].append(_step(command, outcomes[command.position]))
    return steps


class _Outcome(Struct, frozen=True):
    position: int
    delivery_id: int | None
    state: str | None
    attempts: int | None
    due_at: datetime | None
    error: str | None
    passed: bool


def _outcomes(saga: type[Saga], positions: Sequence[int]) -> dict[int, _Outcome]:
    handlers = [{"type": type, "name": name, "shards": shards} for type, name, shards in _handlers(saga)]
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, {"handlers": json.encode(handlers).decode(), "positions": list(positions)})
        outcomes = {row[0]: _Outcome(*row) for row in cursor.fetchall()}
    given_up = Act.objects.filter(act="discard", message_id__in=positions)
    for position, reason in given_up.values_list("message_id", "reason"):
        outcomes[position or 0] = replace(outcomes[position or 0], state="given up", error=reason)
    return outcomes


def _step(command: LoggedMessage, outcome: _Outcome) -> Step:
    detail = headline(outcome.error or "")
    if outcome.attempts and outcome.due_at and outcome.state == Delivery.State.WAITING:
        again = f"{timezone.localtime(outcome.due_at):%H:%M:%S}"
        detail = f"failed {outcome.attempts} times, again at {again}: {detail}"
    return Step(
        position=command.position,
        type=command.type,
        title=_title(command.type),
        state=outcome.state or ("done" if outcome.passed else "waiting"),
        detail=detail,
        delivery_id=outcome.delivery_id,
    )


def commands_sent_by(saga: type[Saga]) -> set[type[Command]]:
    """The commands that a saga's methods name: all that it can send."""
    functions = [value for value in vars(saga).values() if hasattr(value, "__code__")]
    named = {f.__globals__.get(name) for f in functions for name in f.__code__.co_names}
    return {cls for cls in named if isinstance(cls, type) and issubclass(cls, Command)}


def _handlers(saga: type[Saga]) -> list[tuple[str, str, int]]:
    """(type, subscription, shards) of whoever answers the commands that a saga sends."""
    sent = commands_sent_by(saga)
    return [
        (cls.contract.name, s.name, s.shards) for s in subscriptions() for cls in s.accepts if cls in sent
    ]


def _title(wire_name: str) -> str:
    """A message's name in words: "Stock reserved"."""
    known = {cls.contract.name: cls.__name__ for cls in message_classes()}
    name = known.get(wire_name, wire_name)
    return " ".join(re.findall("[A-Z][^A-Z]*", name)).capitalize() or name


def _summary(function: Any) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]
