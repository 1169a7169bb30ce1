"""The Celery tasks behind a wake-up: deliver one lane, or go on with a rebuild.

Losing one, or running it twice, harms nothing.
"""

import logging
from time import monotonic

from celery import shared_task
from django.db import connection
from django.utils import timezone

from eventbus import cluster, dispatch, jobs
from eventbus.errors import RestoredCluster
from eventbus.external import call_out
from eventbus.lanes import deliver_lane
from eventbus.subscriptions import Subscription, subscription

TIME_SLICE_SECONDS = 1.0
"""Lanes share a queue's workers: payments do not wait for more than this behind each lane of mails."""
logger = logging.getLogger(__name__)


@shared_task(name="eventbus.deliver", ignore_result=True)
def deliver(name: str, shard: int) -> None:
    """Deliver what a lane has, for a time slice; whatever is left wakes a worker again."""
    try:
        target = subscription(name)
    except LookupError:
        logger.warning("subscription_unknown", extra={"subscription": name})
        return
    connection.close_if_unusable_or_obsolete()
    dispatch.awake((name, shard))
    try:
        _deliver(target, shard)
    except RestoredCluster as refusal:
        cluster.say_once(refusal)


def _deliver(target: Subscription, shard: int) -> None:
    end = monotonic() + TIME_SLICE_SECONDS
    unfinished = any(monotonic() > end for _ in deliver_lane(target, shard, timezone.now()))
    if target.external and not unfinished:
        unfinished = any(monotonic() > end for _ in call_out(target, timezone.now()))
    if unfinished:
        dispatch.wake((target.name, shard))


@shared_task(name="eventbus.rebuild", ignore_result=True)
def rebuild(name: str) -> None:
    """Go on with a rebuild for a slice; what is left lets the live lanes of the queue go first."""
    connection.close_if_unusable_or_obsolete()
    dispatch.awake_rebuild(name)
    try:
        if jobs.work(name):
            dispatch.wake_rebuild(name)
    except RestoredCluster as refusal:
        cluster.say_once(refusal)
