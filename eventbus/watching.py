"""Watching the log: which lanes have work."""

import json
from datetime import datetime
from typing import Any

from eventbus import sql
from eventbus.dispatch import Lane
from eventbus.log import STALE_MESSAGES, Settled, settled_now, visible_now
from eventbus.preparing import rows_by_index
from eventbus.snapshots import Snapshot
from eventbus.subscriptions import Subscription, subscriptions


class LogWatch:
    """Remembers what it has seen of the log, and says which lanes the messages since then wake."""

    def __init__(self) -> None:
        self.seen: Snapshot = visible_now()
        self.settled = Settled()

    def woken(self) -> set[Lane]:
        """The lanes that messages since the last call fall to."""
        news: dict[str, Any] = {"next": str(self.seen.xmax), **self.settled.floors(self.seen)}
        news["running"] = [str(xid) for xid in self.seen.running]
        kinds = rows_by_index(sql.NEW_KINDS, news)
        position, xid, ended, seen, *_ = kinds[0]
        self.seen, self.settled = Snapshot.parse(seen), Settled.of(position, xid, ended)
        return {lane for *_, name, shard in kinds if name for lane in _listening(name, shard)}


def _listening(message_type: str, shard: int) -> list[Lane]:
    return [(s.name, shard % s.shards) for s in subscriptions() if message_type in s.types]


def all_lanes() -> set[Lane]:
    """Every lane there is."""
    return {lane for subscription in subscriptions() for lane in subscription.lanes}


def lanes_behind() -> set[Lane]:
    """The lanes whose checkpoint has something to read, or is worth moving."""
    lanes = [_described(s, shard) for s in subscriptions() for shard in range(s.shards)]
    return _behind(lanes, settled_now())


def is_behind(subscription: Subscription, shard: int, settled: Settled) -> bool:
    """Whether one lane has something to read, asked without holding it."""
    return bool(_behind([_described(subscription, shard)], settled))


def _described(subscription: Subscription, shard: int) -> dict[str, Any]:
    return {"name": subscription.name, "shard": shard, "shards": subscription.shards}


def _behind(lanes: list[dict[str, Any]], settled: Settled) -> set[Lane]:
    bounds: dict[str, Any] = {
        "stale": STALE_MESSAGES,
        "settled": str(settled.xid),
        "ended": settled.ended,
        "floor": settled.position,
        "running_floor": settled.position if settled.ended else 0,
    }
    return set(rows_by_index(sql.LANES_BEHIND, bounds | {"lanes": json.dumps(lanes)}))


def lanes_due(now: datetime) -> set[Lane]:
    """The lanes with a delivery that may run now: none while the breaker of their dependency is open."""
    lanes = [
        {"name": s.name, "shard": shard, "shards": s.shards, "ordered": s.ordered, "dependency": s.dependency}
        for s in subscriptions()
        for shard in range(s.shards)
    ]
    return set(rows_by_index(sql.LANES_DUE, {"lanes": json.dumps(lanes), "now": now}))
