"""Watching the bus at work: its own log lines, and whoever counts (`Observer`) or traces (`Tracer`).

Observers are told after the commit: what was published, handled, or has failed. Tracers stand around the work
and may give messages other headers (`traceparent`). Both are optional: without any, a message costs one look
at an empty list. The log lines go to the standard library's `logging`, a name and `extra` fields each.
"""

import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any

from django.db import transaction
from msgspec import Struct

from eventbus.context import TRACEPARENT, Draft, current_cause, request_id_of
from eventbus.errors import DependencyDown, Reject, UnknownMessage
from eventbus.guards import current_consumer
from eventbus.messages import Envelope
from eventbus.subscriptions import Batch, Subscription

logger = logging.getLogger("eventbus")


class Failure(Struct, frozen=True):
    """One attempt that failed. outcome: "retry", "dependency_down", "unknown" (to this process) or "dead"."""

    subscription: Subscription
    envelope: Envelope
    error: Exception
    outcome: str
    attempt: int


class Observer:
    """Is told what has happened, after its commit. Override what you want to hear of; nothing raised counts.

    Example:

        class Count(Observer):
            def handled(self, subscription, batch, seconds):
                handled.append((subscription.name, len(batch)))

        handled, stop = [], observe(Count())
        place_order(order_id=ORDER, total=4200)
        drain()
        stop()
        assert ("orders.order_history", 1) in handled
    """

    def published(self, drafts: Sequence[Draft]) -> None:
        """These messages are in the log."""

    def handled(self, subscription: Subscription, batch: Batch, seconds: float) -> None:
        """The subscription has taken these; it worked on them for so long."""

    def failed(self, failure: Failure) -> None:
        """The subscription could not take a message."""


class Tracer:
    """Stands around the work, and may give messages other headers on their way. Override what you need.
    What it raises, the publisher or the consumer raises.

    Example:

        class Tenant(Tracer):
            @contextmanager
            def publishing(self, drafts):
                yield [draft.with_headers(tenant="north") for draft in drafts]

        stop = observe(Tenant())
        with transaction.atomic():
            publish(order_placed, revision=1)
        stop()
        assert read_stream(order_placed.stream)[0].headers == {"tenant": "north"}
    """

    def publishing(self, drafts: Sequence[Draft]) -> AbstractContextManager[Sequence[Draft]]:
        """Around the INSERT; yields what is inserted."""
        return nullcontext(drafts)

    def processing(
        self, subscription: Subscription, batch: Batch, attempt: int
    ) -> AbstractContextManager[Batch]:
        """Around a consumer: a projection's or saga's batch, a handler's single message; yields it."""
        return nullcontext(batch)

    def settling(
        self, subscription: Subscription, batch: Batch, attempt: int
    ) -> AbstractContextManager[Batch]:
        """Around the transaction that records what an external handler has done with its message."""
        return nullcontext(batch)


_observers: list[Observer] = []
_tracers: list[Tracer] = []


def observe(watcher: Observer | Tracer) -> Callable[[], None]:
    """Let somebody watch from now on; returns what ends it.

    Example:

        stop = observe(Observer())
        stop()
    """
    watchers: list[Any] = _tracers if isinstance(watcher, Tracer) else _observers
    watchers.append(watcher)
    return partial(watchers.remove, watcher)


def current_story() -> dict[str, Any]:
    """What a log line says about where it is: the story's ids, and those of the message being handled.

    Example:

        with correlate(ORDER, request_id="abc"):
            assert current_story() == {"request_id": "abc", "correlation_id": str(ORDER)}
    """
    cause = current_cause()
    if cause.correlation_id is None:
        return {}
    story: dict[str, Any] = {
        "request_id": request_id_of(cause),
        "correlation_id": str(cause.correlation_id),
    }
    if TRACEPARENT in cause.headers:
        story["trace_id"] = cause.headers[TRACEPARENT].split("-")[1]
    if cause.envelope is not None:
        story |= _ids(cause.envelope) | {"subscription": current_consumer()}
    return story


def publishing(drafts: Sequence[Draft]) -> AbstractContextManager[Sequence[Draft]]:
    """Around the INSERT of messages."""
    if not _tracers:
        return nullcontext(drafts)
    return _through([tracer.publishing for tracer in _tracers], drafts)


def processing(subscription: Subscription, batch: Batch, attempt: int = 1) -> AbstractContextManager[Batch]:
    """Around a consumer."""
    if not _tracers:
        return nullcontext(batch)
    return _through([partial(t.processing, subscription, attempt=attempt) for t in _tracers], batch)


def settling(subscription: Subscription, batch: Batch, attempt: int = 1) -> AbstractContextManager[Batch]:
    """Around the transaction that settles an external delivery."""
    if not _tracers:
        return nullcontext(batch)
    return _through([partial(t.settling, subscription, attempt=attempt) for t in _tracers], batch)


@contextmanager
def _through(steps: Sequence[Callable[[Any], AbstractContextManager[Any]]], value: Any) -> Generator[Any]:
    with ExitStack() as stack:
        for step in steps:
            value = stack.enter_context(step(value))
        yield value


def published(drafts: Sequence[Draft]) -> None:
    """Tell of messages, once they are committed."""
    if _observers or logger.isEnabledFor(logging.DEBUG):
        transaction.on_commit(partial(_tell_published, drafts), robust=True)


def _tell_published(drafts: Sequence[Draft]) -> None:
    for observer in _observers:
        observer.published(drafts)
    if not logger.isEnabledFor(logging.DEBUG):
        return
    for draft in drafts:
        correlation = draft.cause.correlation_id or draft.id
        ids = {
            "message_id": str(draft.id),
            "message_type": draft.message.contract.name,
            "correlation_id": str(correlation),
            "request_id": request_id_of(draft.cause) or str(correlation),
        }
        logger.debug("message_published", extra=ids)


def handled(subscription: Subscription, batch: Batch, seconds: float, attempt: int = 1) -> None:
    """Tell of messages that a subscription has taken, once that is committed."""
    if _observers or logger.isEnabledFor(logging.DEBUG if not subscription.external else logging.INFO):
        transaction.on_commit(partial(_tell_handled, subscription, batch, seconds, attempt), robust=True)


def _tell_handled(subscription: Subscription, batch: Batch, seconds: float, attempt: int) -> None:
    for observer in _observers:
        observer.handled(subscription, batch, seconds)
    # A call to somebody outside is worth a line; of all else there are thousands a second.
    level = logging.INFO if subscription.external else logging.DEBUG
    if not logger.isEnabledFor(level):
        return
    for envelope in batch:
        work = {
            "attempt": attempt,
            "outcome": "done",
            "duration_ms": round(seconds * 1000, 3),
            "batch": len(batch),
        }
        logger.log(level, "message_handled", extra=_line(subscription, envelope) | work)


def failed(subscription: Subscription, envelope: Envelope, error: Exception, details: dict[str, Any]) -> None:
    """Tell of an attempt that failed, once what becomes of the message is committed."""
    outcome = _outcome(error, str(details["state"]))
    attempt = details["attempts"] + (outcome in {"dependency_down", "unknown"})  # these are not counted
    failure = Failure(subscription, envelope, error, outcome, attempt)
    transaction.on_commit(partial(_tell_failed, failure), robust=True)


def _outcome(error: Exception, state: str) -> str:
    if isinstance(error, DependencyDown):
        return "dependency_down"
    return state if state in {"dead", "unknown"} else "retry"


def _tell_failed(failure: Failure) -> None:
    for observer in _observers:
        observer.failed(failure)
    raised_on_purpose = isinstance(failure.error, Reject | DependencyDown | UnknownMessage)
    reason = f"{type(failure.error).__name__}: {failure.error}"[:1000]
    logger.log(
        logging.ERROR if failure.outcome == "dead" else logging.WARNING,
        "message_failed",
        extra=_line(failure.subscription, failure.envelope)
        | {"attempt": failure.attempt, "outcome": failure.outcome, "reason": reason},
        exc_info=None if raised_on_purpose else failure.error,
    )


def _line(subscription: Subscription, envelope: Envelope) -> dict[str, Any]:
    story = {
        "request_id": request_id_of(envelope),
        "correlation_id": str(envelope.correlation_id),
        "subscription": subscription.name,
    }
    return story | _ids(envelope)


def _ids(envelope: Envelope) -> dict[str, Any]:
    return {
        "message_id": str(envelope.id),
        "message_type": envelope.type,
        "position": envelope.position,
    }
