"""Delivering in this process: for inline dispatch, imports and tests."""

import threading
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from eventbus.checkpoints import ensure_checkpoints
from eventbus.consumers import fire_timers, set_aside
from eventbus.dispatch import Lane
from eventbus.external import call_out
from eventbus.lanes import deliver_lane
from eventbus.log import Progress, Selection, read, visible_now
from eventbus.messages import Envelope
from eventbus.models import Delivery
from eventbus.partitions import ensure_ahead
from eventbus.snapshots import NOTHING
from eventbus.subscriptions import Subscription, subscription, subscriptions
from eventbus.watching import lanes_behind, lanes_due

_draining = threading.local()


def drain(now: datetime | None = None) -> int:
    """Deliver everything due, in this process, until the bus is quiet; returns how many messages it handled.

    now: the time that decides what is due (timeouts, retries); default the clock's. Called while a drain of
    this thread is under way, it leaves the work to that one.
    """
    if getattr(_draining, "active", False):
        return 0
    _draining.active = True
    try:
        return _drain(now)
    finally:
        _draining.active = False


def _drain(now: datetime | None) -> int:
    ensure_ahead()
    ensure_checkpoints()
    handled = 0
    while done := _deliver_all(_due(now) | lanes_behind(), now):
        handled += done
    return handled


def _due(now: datetime | None) -> set[Lane]:
    moment = now or timezone.now()
    with transaction.atomic():
        fire_timers(moment)
    return lanes_due(moment)


def _deliver_all(lanes: set[Lane], now: datetime | None) -> int:
    return sum(deliver(lane, now) for lane in sorted(lanes))


def deliver(lane: Lane, now: datetime | None = None) -> int:
    """Deliver one lane until it is drained; returns how many messages it handled."""
    name, shard = lane
    target = subscription(name)
    moment = now or timezone.now()
    handled = sum(deliver_lane(target, shard, moment))
    if target.external:
        handled += sum(1 for _ in call_out(target, moment))
    return handled


def redeliver(now: datetime | None = None) -> int:
    """Hand every message of the log to its handlers once more, then drain; returns how many.

    What waits for a handler already is on its way to it, and not handed over twice.
    """
    again = 0
    for target in subscriptions():
        if target.queue in ("handlers", "external"):
            there = set(
                Delivery.objects.filter(subscription=target.name).values_list("message_id", flat=True)
            )
            repeated = [envelope for envelope in _messages_for(target) if envelope.position not in there]
            set_aside(target, repeated)
            again += len(repeated)
    return again + drain(now)


def _messages_for(target: Subscription) -> Iterator[Envelope]:
    progress = Progress(NOTHING, visible_now())
    while progress.window:
        batch, progress = read(progress, Selection(target.types), target.batch)
        yield from batch
