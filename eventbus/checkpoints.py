"""Checkpoints: where each lane begins, and what the newest release lets it listen to."""

from eventbus import cluster, log
from eventbus.models import Checkpoint
from eventbus.snapshots import NOTHING
from eventbus.subscriptions import Subscription, subscriptions


def ensure_checkpoints(*, release: bool = False) -> None:
    """Give every subscription that has none its checkpoint, and let each lane listen to all its types.

    Projections and command handlers start at the beginning of the log; listeners and sagas start now, so that
    a new mail handler does not write to last year's customers. release: this process is of the newest release
    (it migrates), so that types which it no longer listens to are dropped. Raises RestoredCluster.
    """
    if not cluster.verify():
        cluster.stamp()
    rows = Checkpoint.objects.values_list("subscription", "shard", "types")
    stored = {(name, shard): set(types) for name, shard, types in rows}
    wanted = {(s.name, shard): s for s in subscriptions() for shard in range(s.shards)}
    if missing := {lane: s for lane, s in wanted.items() if lane not in stored}:
        _create(missing)
    for lane in wanted.keys() & stored.keys():
        mine = set(wanted[lane].types)
        # An older process takes nothing away, since it cannot know what a newer one listens to.
        types = mine if release else stored[lane] | mine
        if types != stored[lane]:
            Checkpoint.objects.filter(subscription=lane[0], shard=lane[1]).update(types=sorted(types))


def _create(missing: dict[tuple[str, int], Subscription]) -> None:
    now = log.visible_now()
    Checkpoint.objects.bulk_create(
        [
            Checkpoint(
                subscription=name,
                shard=shard,
                version=subscription.version,
                types=sorted(subscription.types),
                seen=str(NOTHING if subscription.from_start else now),
            )
            for (name, shard), subscription in sorted(missing.items())
        ],
        ignore_conflicts=True,
    )
