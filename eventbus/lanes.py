"""Delivering a lane: the part of the log that one subscription reads in order.

One transaction claims the lane's checkpoint, hands a batch to the consumer and moves the checkpoint. A worker
that dies lets go of the row, and nothing has happened. When a batch fails, it is done again message by
message: the failing one is rolled back alone and set aside, and the rest of its stream waits behind it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from traceback import format_exception
from typing import Any

from django.db import OperationalError, transaction
from msgspec import Struct

from eventbus import cluster, log, observing, sql
from eventbus.consumers import consume, set_aside
from eventbus.errors import DependencyDown, LaneLost, Reject, UnknownMessage
from eventbus.log import STALE_MESSAGES, Progress, Selection, Settled, Undecodable
from eventbus.messages import Envelope
from eventbus.models import Delivery
from eventbus.preparing import Row, binding_cursor, preparing_cursor, rows_by_index
from eventbus.retry import backoff, dependency_backoff
from eventbus.snapshots import Snapshot
from eventbus.subscriptions import Batch, Subscription
from eventbus.watching import is_behind

UNKNOWN_DELAY = timedelta(seconds=30)
TRIES_AT_LOCKS, FEWER = 3, 10
"""A batch that loses a deadlock is tried again in a tenth of its size: few locks, and little to repeat."""
_SAID_LENGTH, _TRACEBACK_LENGTH = 1000, 3000


class Claim(Struct, frozen=True):
    """A lane this transaction holds.

    place: where its checkpoint's row stands. visible: all that could be read when it was taken. last: the
    last position given out by then. passed: how many were given out since it was saved. some_wait: whether
    messages of its subscription were set aside, so that later ones may have to wait behind them. types,
    shards: what the newest release listens to, and its number of lanes. settled: of what nothing is new to
    anybody.
    """

    place: str
    progress: Progress
    visible: Snapshot
    last: int
    passed: int
    some_wait: bool
    types: list[str]
    shards: int
    settled: Settled

    @property
    def stale(self) -> bool:
        """Whether its checkpoint is worth moving, although there is nothing to read."""
        return self.passed > STALE_MESSAGES or not self.settled.is_seen(self.progress.seen)


class Turn(Struct, frozen=True):
    """What became of one batch: how many messages it had, and what was settled when its lane was taken."""

    delivered: int
    settled: Settled


def deliver_lane(subscription: Subscription, shard: int, now: datetime) -> Iterator[int]:
    """Deliver a lane batch by batch until nothing is left; yields how many messages each batch had.

    Returns at once while another worker holds the lane: that one looks again after its commit. Returns as
    well once the subscription is paused: a batch under way is finished.
    """
    while True:
        turn = _deliver_batch(subscription, shard, now)
        if turn is None:
            return
        yield turn.delivered
        # The last look must come after the lane was let go: a worker that was woken for a newer message
        # meanwhile found the lane taken and went away.
        if turn.delivered < subscription.batch and not is_behind(subscription, shard, turn.settled):
            return


def _deliver_batch(subscription: Subscription, shard: int, now: datetime) -> Turn | None:
    limit = subscription.batch
    for _ in range(TRIES_AT_LOCKS):
        try:
            with transaction.atomic():
                return _deliver(subscription, shard, now, limit, carefully=False)
        except OperationalError:  # a deadlock with another lane: nobody's message is at fault
            limit = max(limit // FEWER, 1)
        except Exception:  # which message failed is found, and its error kept, on the careful way
            break
    with transaction.atomic():
        return _deliver(subscription, shard, now, limit, carefully=True)


def _deliver(
    subscription: Subscription, shard: int, now: datetime, limit: int, *, carefully: bool
) -> Turn | None:
    cluster.verify()
    claim = _claim(subscription, shard)
    if claim is None:
        return None
    in_line = claim.some_wait and not subscription.external
    retried = _retry_due(subscription, claim.shards, shard, now, limit) if in_line else 0
    selection = Selection(claim.types, claim.shards, shard)
    batch, after = log.read(claim.progress, selection, limit, claim.visible, claim.settled)
    ready = _without_blocked(subscription, batch) if in_line and subscription.ordered else batch
    if carefully or not all(_is_known(subscription, envelope) for envelope in ready):
        _consume_each(subscription, ready, now)
    elif ready:
        consume(subscription, ready)
    if batch or after.window or claim.progress.window or claim.stale:
        _save(subscription, claim, after, len(batch))
    return Turn(len(batch) + retried, claim.settled)


def _claim(subscription: Subscription, shard: int) -> Claim | None:
    with binding_cursor() as cursor:
        cursor.execute(sql.CLAIM_LANE, {"subscription": subscription.name, "shard": shard})
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.nextset()
        visible, own, last, some_wait, *settled = cursor.fetchone()
    place, seen, window, position, types, shards = row
    progress = Progress(Snapshot.parse(seen), Snapshot.parse(window) if window else None, position)
    now = Snapshot.parse(visible).without(int(own))
    passed = last - position
    return Claim(place, progress, now, last, passed, some_wait, types, shards, Settled.of(*settled))


def _is_known(subscription: Subscription, envelope: Envelope) -> bool:
    """Whether this process can hand the message to the subscription; a newer release may know more."""
    return isinstance(envelope.message, subscription.accepts)


def _save(subscription: Subscription, claim: Claim, progress: Progress, delivered: int) -> None:
    window = str(progress.window) if progress.window else None
    position = progress.position if progress.window else claim.last
    with preparing_cursor() as cursor:
        cursor.execute(sql.SAVE_LANE, [str(progress.seen), window, position, delivered, claim.place])
        if not cursor.rowcount:
            raise LaneLost(
                f"A handler of {subscription.name} has changed the checkpoint of its own lane, which only "
                f"the bus moves: nothing of this batch is kept. Let it leave eventbus_checkpoint alone."
            )


def _without_blocked(subscription: Subscription, batch: Batch) -> Batch:
    """The messages that need not wait behind an earlier one of their stream; the others are set aside."""
    if not batch:
        return batch
    streams = sorted({envelope.stream for envelope in batch})
    blocked = {stream for (stream,) in rows_by_index(sql.BLOCKED_STREAMS, [subscription.name, streams])}
    set_aside(subscription, [envelope for envelope in batch if envelope.stream in blocked])
    return [envelope for envelope in batch if envelope.stream not in blocked]


def _consume_each(subscription: Subscription, batch: Batch, now: datetime) -> None:
    blocked: set[str] = set()
    for envelope in batch:
        if subscription.ordered and envelope.stream in blocked:
            set_aside(subscription, [envelope])
        elif failure := _attempt(subscription, envelope):
            details = after_failure(subscription, failure, now)
            set_aside(subscription, [envelope], **details)
            observing.failed(subscription, envelope, failure, details)
            blocked.add(envelope.stream)


def _attempt(subscription: Subscription, envelope: Envelope, attempt: int = 1) -> Exception | None:
    try:
        with transaction.atomic():
            need_known(subscription, envelope)
            consume(subscription, [envelope], attempt)
    except Exception as error:  # any failure of a handler is kept with its message, never lost
        return error
    return None


def need_known(subscription: Subscription, envelope: Envelope) -> None:
    """Raise UnknownMessage where only a newer process can hand the message to the subscription."""
    if isinstance(envelope.message, Undecodable):
        raise UnknownMessage(envelope.message.error)
    if not _is_known(subscription, envelope):
        raise UnknownMessage(
            f"{subscription.name} does not listen to {envelope.message.contract.name} in this process; a "
            f"newer release does. Deploy it, or migrate with this one if it is the newest."
        )


def after_failure(
    subscription: Subscription, failure: Exception, now: datetime, *, attempts: int = 0, outages: int = 0
) -> dict[str, Any]:
    """What becomes of a delivery that has failed once more, after `attempts` and `outages` before.

    Neither a message that only a newer process can read nor a dependency that is down costs an attempt.
    """
    details = {"error": describe(failure), "token": None, "attempts": attempts, "outages": outages}
    if isinstance(failure, UnknownMessage):
        return details | {"due_at": now + UNKNOWN_DELAY, "state": Delivery.State.UNKNOWN}
    if isinstance(failure, DependencyDown):
        outages += 1
        due_at = now + dependency_backoff(outages)
        return details | {"outages": outages, "due_at": due_at, "state": Delivery.State.WAITING}
    attempts += 1
    dead = isinstance(failure, Reject) or attempts >= subscription.attempts
    state = Delivery.State.DEAD if dead else Delivery.State.WAITING
    return details | {"attempts": attempts, "due_at": now + backoff(attempts), "state": state}


def describe(failure: Exception) -> str:
    """The failure as a person reads it: what it says and, where it is not one raised on purpose, where."""
    said = f"{type(failure).__name__}: {failure}"[:_SAID_LENGTH]
    if isinstance(failure, Reject | DependencyDown | UnknownMessage):
        return storable(said)
    return storable(f"{said}\n\n{''.join(format_exception(failure))[-_TRACEBACK_LENGTH:]}")


def storable(text: str) -> str:
    """The text without what no column takes, NUL and halves of characters: others may have written it."""
    return text.encode(errors="replace").decode().replace("\x00", "\ufffd")


def headline(error: str) -> str:
    """The first line of a described failure."""
    return error.partition("\n")[0]


def _retry_due(subscription: Subscription, shards: int, shard: int, now: datetime, limit: int) -> int:
    """Try again what was set aside and is due, in order; the lane is held, so nothing overtakes."""
    retried = 0
    while row := _next_due(subscription, shards, shard, now):
        delivery_id, attempts, outages, *columns = row
        envelope = log.envelope(columns)
        failure = _attempt(subscription, envelope, attempts + 1)
        delivery = Delivery.objects.filter(pk=delivery_id)
        if failure is None:
            delivery.delete()
        else:
            details = after_failure(subscription, failure, now, attempts=attempts, outages=outages)
            delivery.update(**details)
            observing.failed(subscription, envelope, failure, details)
        retried += 1
        if retried >= limit:
            break
    return retried


def _next_due(subscription: Subscription, shards: int, shard: int, now: datetime) -> Row | None:
    lane = {
        "subscription": subscription.name,
        "now": now,
        "ordered": subscription.ordered,
        "shards": shards,
        "shard": shard,
    }
    rows = rows_by_index(sql.DUE, lane)
    return rows[0] if rows else None
