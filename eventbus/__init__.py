"""The event bus: an outbox and event log in Postgres, and three kinds of consumers fed from it.

A room publishes typed facts and requests in its own transaction (`publish`, `send`); projections, handlers
and sagas get them in order, through Celery workers or in the publishing process. README.md beside this file
says what is guaranteed, and how to use it.
"""

from eventbus.attention import needs_a_person
from eventbus.bridge.arrivals import arriving
from eventbus.context import (
    backdated,
    correlate,
    current_envelope,
    current_time,
    outgoing_headers,
    published_ids,
)
from eventbus.dispatch import drain
from eventbus.doctor import behind_seconds, examine, measure, vital_signs
from eventbus.errors import ArchivedStream, ConcurrencyError, DependencyDown, NoTransaction, Reject
from eventbus.log import continuing, read_stream
from eventbus.messages import Command, Envelope, Event
from eventbus.observing import Observer, Tracer, current_story, observe
from eventbus.outbox import publish, send
from eventbus.projections import Projection
from eventbus.registry import Json, upcast
from eventbus.sagas import Saga, on_skip
from eventbus.subscriptions import Record, handles, on, subscribe
from eventbus.waiting import wait_until_seen

__all__ = [
    "ArchivedStream",
    "Command",
    "ConcurrencyError",
    "DependencyDown",
    "Envelope",
    "Event",
    "Json",
    "NoTransaction",
    "Observer",
    "Projection",
    "Record",
    "Reject",
    "Saga",
    "Tracer",
    "arriving",
    "backdated",
    "behind_seconds",
    "continuing",
    "correlate",
    "current_envelope",
    "current_story",
    "current_time",
    "drain",
    "examine",
    "handles",
    "measure",
    "needs_a_person",
    "observe",
    "on",
    "on_skip",
    "outgoing_headers",
    "publish",
    "published_ids",
    "read_stream",
    "send",
    "subscribe",
    "upcast",
    "vital_signs",
    "wait_until_seen",
]
