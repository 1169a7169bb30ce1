"""Checkpoints: where each lane begins, and what the newest release lets it listen to."""

import logging

from eventbus import cluster, log, partitions
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
    which a part is archived: its rows would be those of a shorter history. release: this process is of the
    newest release (it migrates), so that types which it no longer listens to are dropped. Raises
    RestoredCluster.
    """
    if not cluster.verify():
        cluster.stamp()
    rows = Checkpoint.objects.values_list("subscription", "shard", "types")
    stored = {(name, shard): set(types) for name, shard, types in rows}
    wanted = {(s.name, shard): s for s in subscriptions() for shard in range(s.shards)}
    if missing := {lane: s for lane, s in wanted.items() if lane not in stored}:
        _create(_with_a_whole_history(missing))
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
