"""Why a message is published: the story it belongs to, its direct cause, and the time it speaks of."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from msgspec import Struct, field
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from eventbus.messages import BACKDATED, Envelope, Message

REQUEST_ID, TRACEPARENT, TRACESTATE = "request_id", "traceparent", "tracestate"
"""What the headers of messages are called that say which HTTP request and which trace they stem from."""


class Cause(Struct, frozen=True):
    """What messages published now inherit."""

    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    occurred_at: datetime | None = None
    headers: Mapping[str, Any] = {}
    envelope: Envelope | None = None


class Draft(Struct, frozen=True):
    """A message on its way into the log, with what made it."""

    message: Message
    cause: Cause
    revision: int | None = None
    id: UUID = field(default_factory=uuid7)

    def with_headers(self, **headers: str) -> "Draft":
        """The same, with more headers."""
        return replace(self, cause=replace(self.cause, headers={**self.cause.headers, **headers}))


_NO_CAUSE = Cause()
_cause: ContextVar[Cause] = ContextVar("eventbus_cause", default=_NO_CAUSE)
_ids: ContextVar[list[UUID] | None] = ContextVar("eventbus_ids", default=None)


def current_cause() -> Cause:
    """What a message published now would inherit."""
    return _cause.get()


def current_envelope() -> Envelope | None:
    """The envelope of the message being handled, or None outside a handler.

    Example:

        @subscribe
        def note_envelope(event: OrderPlaced) -> None:
            envelopes.append(current_envelope())

        drain()  # a new listener hears what is published from here on
        place_order(order_id=ORDER, total=4200)
        drain()
        assert [envelope.message for envelope in envelopes] == [order_placed]
        assert current_envelope() is None
    """
    return _cause.get().envelope


def current_time() -> datetime:
    """The time the current work speaks of: that of `backdated`, else now (aware, as Django's `timezone.now`).

    Example:

        with backdated(datetime(2010, 12, 1, 8, 26, tzinfo=UTC)):
            assert current_time().year == 2010
    """
    return _cause.get().occurred_at or timezone.now()


@contextmanager
def correlate(correlation_id: UUID, **headers: str) -> Generator[None]:
    """Everything published inside belongs to the story `correlation_id` and carries `headers`.

    Example:

        story = uuid4()
        with correlate(story, actor="user-7"), transaction.atomic():
            publish(order_placed, revision=1)
        (envelope,) = read_stream(order_placed.stream)
        assert (envelope.correlation_id, envelope.headers) == (story, {"actor": "user-7"})
    """
    with _within(replace(_cause.get(), correlation_id=correlation_id, headers=headers)):
        yield


@contextmanager
def published_ids() -> Generator[list[UUID]]:
    """Collect the ids of what is published inside, in order, without what handlers publish because of it.

    A reader can wait for the last of them: see `wait_until_seen`.

    Example:

        with published_ids() as ids:
            place_order(order_id=ORDER, total=4200)
        assert len(ids) == 1
    """
    ids: list[UUID] = []
    token = _ids.set(ids)
    try:
        yield ids
    finally:
        _ids.reset(token)


def note_ids(cause: Cause, ids: list[UUID]) -> None:
    """Tell whoever collects them which messages were published."""
    collected = _ids.get()
    if collected is not None and cause.causation_id is None:
        collected += ids


@contextmanager
def backdated(occurred_at: datetime) -> Generator[None]:
    """Everything published inside, and all that it causes, happened at `occurred_at`: to import history.

    occurred_at: an aware moment. Handlers see by `envelope.backdated` that nobody should be written to.

    Example:

        with backdated(datetime(2010, 12, 1, 8, 26, tzinfo=UTC)), transaction.atomic():
            publish(order_placed, revision=1)
        (envelope,) = read_stream(order_placed.stream)
        assert envelope.backdated and envelope.occurred_at.year == 2010
    """
    headers = {**_cause.get().headers, BACKDATED: True}
    with _within(replace(_cause.get(), occurred_at=occurred_at, headers=headers)):
        yield


def request_id_of(cause: Cause | Envelope) -> str:
    """The id of the HTTP request at the beginning: the client's own, else that of the story."""
    told = cause.headers.get(REQUEST_ID)
    return str(told or cause.correlation_id or "")


def outgoing_headers() -> dict[str, str]:
    """What a call to somebody outside carries, so that both sides can find it: HTTP headers, also for mail.

    Example:

        @handles(external=True)
        def capture_payment(command: CapturePayment) -> None:
            calls.append(outgoing_headers())

        calls = []
        with correlate(ORDER, request_id="from-the-proxy"), transaction.atomic():
            send(CapturePayment(order_id=ORDER))
        drain()
        assert calls == [{"X-Request-ID": "from-the-proxy", "X-Correlation-ID": str(ORDER)}]
    """
    cause = _cause.get()
    if cause.correlation_id is None:
        return {}
    ids = {"X-Request-ID": request_id_of(cause), "X-Correlation-ID": str(cause.correlation_id)}
    return ids | {name: cause.headers[name] for name in (TRACEPARENT, TRACESTATE) if name in cause.headers}


def cause_of(envelope: Envelope) -> Cause:
    """What the messages inherit that the handling of `envelope` publishes."""
    return Cause(
        correlation_id=envelope.correlation_id,
        causation_id=envelope.id,
        occurred_at=envelope.occurred_at if envelope.backdated else None,
        headers=envelope.headers,
        envelope=envelope,
    )


@contextmanager
def handling(envelope: Envelope) -> Generator[None]:
    """Everything published inside is caused by `envelope`."""
    with _within(cause_of(envelope)):
        yield


@contextmanager
def _within(cause: Cause) -> Generator[None]:
    token = _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(token)
