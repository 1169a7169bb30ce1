"""Waking the workers: `EVENTBUS["DISPATCH"]` says who delivers.

- "celery": the relay sends wake-ups through Celery. Publishing costs nothing but its INSERT.
- "inline": the publishing process delivers right after its commit; no Celery, no Redis: the first step.
- "manual": nobody, until something calls `drain()` (tests) or a relay runs.
"""

from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from eventbus.subscriptions import subscription

Lane = tuple[str, int]
WAKE_SECONDS = 5
_REBUILD_KEY = "eventbus:rebuild:"
LEADER_LOCK = 0x6576656E74627573
"""The advisory lock that the leading relay holds."""


def mode() -> str:
    """Who delivers: "celery", "inline" or "manual"."""
    return str(getattr(settings, "EVENTBUS", {}).get("DISPATCH", "inline"))


def after_commit() -> None:
    """Deliver in this process once the transaction has committed, where the settings say so."""
    if mode() == "inline":
        transaction.on_commit(drain, robust=True)


def drain(now: datetime | None = None) -> int:
    """Deliver everything due, in this process, until the bus is quiet; returns how many messages it handled.

    now: the time that decides what is due (timeouts, retries); default the clock's.
    A handler's exception is not raised here: its message is set aside, to be tried again.

    Example:

        place_order(order_id=ORDER, total=4200)
        drain(now=datetime.now(UTC) + timedelta(hours=1))
        assert OrderHistoryRow.objects.get().total == 4200
    """
    from eventbus import draining  # noqa: PLC0415  (delivery needs the models, publishing does not)

    return draining.drain(now)


def wake(lane: Lane) -> None:
    """Tell a worker that a lane has work, unless a wake-up for it is still on its way."""
    from eventbus.tasks import deliver  # noqa: PLC0415  (without Celery this module works as well)

    if cache.add(_key(lane), 1, timeout=WAKE_SECONDS):
        deliver.apply_async(lane, queue=subscription(lane[0]).queue, retry=False)


def awake(lane: Lane) -> None:
    """A worker has heard: from now on a new wake-up is needed."""
    cache.delete(_key(lane))


def wake_rebuild(name: str) -> None:
    """Tell a worker that a rebuild is to go on, unless a wake-up for it is still on its way."""
    from eventbus.tasks import rebuild  # noqa: PLC0415  (without Celery this module works as well)

    if cache.add(_REBUILD_KEY + name, 1, timeout=WAKE_SECONDS):
        rebuild.apply_async((name,), queue="projections", retry=False)


def awake_rebuild(name: str) -> None:
    """A worker has heard of the rebuild."""
    cache.delete(_REBUILD_KEY + name)


def _key(lane: Lane) -> str:
    return f"eventbus:wake:{lane[0]}:{lane[1]}"
