"""Checkpoints: where each lane begins, and what the newest release lets it listen to."""

import logging

from django.db import transaction

from eventbus import cluster, log, partitions
from eventbus.errors import DefinitionError
from eventbus.models import Archive, Checkpoint
from eventbus.snapshots import NOTHING
from eventbus.subscriptions import Subscription, subscriptions

logger = logging.getLogger(__name__)
_said: set[str] = set()
Lanes = dict[tuple[str, int], Subscription]


def ensure_checkpoints(*, release: bool = False) -> None:
    """Give every subscription that has none its checkpoint, and let each lane listen to all its types.

    Projections and command handlers start at the beginning of the log; listeners and sagas start now, so that
    a new mail handler does not write to last year's customers. A new projection does not start over a log of
    which a part is archived: its rows would be those of a shorter history. A new lane of a subscription that
    has some goes on where the one stands that had its streams until then. release: this process is of the
    newest release (it migrates), so that types which it no longer listens to are dropped. Raises
    RestoredCluster, and DefinitionError for a number of lanes that is no multiple of those there are.
    """
    if not cluster.verify():
        cluster.stamp()
    rows = Checkpoint.objects.values_list("subscription", "shard", "types")
    stored = {(name, shard): set(types) for name, shard, types in rows}
    wanted = {(s.name, shard): s for s in subscriptions() for shard in range(s.shards)}
    if missing := {lane: s for lane, s in wanted.items() if lane not in stored}:
        begun = {name for name, _ in stored}
        _create(_with_a_whole_history({lane: s for lane, s in missing.items() if s.name not in begun}))
        for more in {s.name: s for s in missing.values() if s.name in begun}.values():
            _split(more)
    for lane in wanted.keys() & stored.keys():
        mine = set(wanted[lane].types)
        # An older process takes nothing away, since it cannot know what a newer one listens to.
        types = mine if release else stored[lane] | mine
        if types != stored[lane]:
            Checkpoint.objects.filter(subscription=lane[0], shard=lane[1]).update(types=sorted(types))


def _with_a_whole_history(
    missing: dict[tuple[str, int], Subscription],
) -> dict[tuple[str, int], Subscription]:
    """All of them, or all but the projections where a part of the log is archived."""
    late = {s.name for s in missing.values() if s.queue == "projections"}
    archives = Archive.objects.filter(messages__gt=0).order_by("start").values_list("name", flat=True)
    if not late or not (names := ", ".join(archives)):
        return missing
    if news := late - _said:
        _said.update(news)
        reason = (
            f"{', '.join(sorted(news))} cannot start: {names} are archived, and its rows would be those of a "
            f"shorter history. Put them back with manage.py archive_log --restore NAME; once read, they can "
            f"be archived again."
        )
        logger.error("projection_withheld", extra={"reason": reason})
    return {lane: s for lane, s in missing.items() if s.name not in late}


@transaction.atomic
def _split(subscription: Subscription) -> None:
    """Give each new lane the checkpoint of the one that had its streams; that one stands still meanwhile."""
    rows = Checkpoint.objects.select_for_update().filter(subscription=subscription.name).order_by("shard")
    there = list(rows)
    if subscription.shards % len(there):
        raise DefinitionError(
            f"{subscription.name} has {len(there)} lanes in the database and shards={subscription.shards} in "
            f"this code: its streams would not find their places. Use a multiple of {len(there)}."
        )
    for shard in range(len(there), subscription.shards):
        lane = there[shard % len(there)]
        lane.pk, lane.shard, lane.delivered = None, shard, 0
        lane.save(force_insert=True)


def _create(missing: Lanes) -> None:
    now, last = log.visible_now(), partitions.last_position()
    Checkpoint.objects.bulk_create(
        [
            Checkpoint(
                subscription=name,
                shard=shard,
                version=subscription.version,
                types=sorted(subscription.types),
                seen=str(NOTHING if subscription.from_start else now),
                position=0 if subscription.from_start else last,
            )
            for (name, shard), subscription in sorted(missing.items())
        ],
        ignore_conflicts=True,
    )
