"""How far behind the subscriptions are: unread messages, and the age of the oldest. Its cost is bounded."""

import json
from typing import Any

from msgspec import Struct

from eventbus.doctor.findings import rows, span
from eventbus.subscriptions import subscription, subscriptions

Lane = dict[str, Any]
FAR_BEHIND = 10_000
"""How many unread messages a lane is asked for at most."""
NEAR = 500
"""The same, where a page asks: the oldest are looked at first, and only their age counts."""

# The rest of an open window lies behind `position`; everything else is news to the newest snapshot. A message
# says in its id (UUID v7) when it was published: `occurred_at` may be long ago.
_LAG = """
SELECT lane.name, sum(unread.wanted), max(unread.looked_at) >= %(bound)s,
       extract(epoch FROM now()) - min(unread.oldest)
FROM eventbus_checkpoint AS c
JOIN json_to_recordset(%(lanes)s) AS lane (name text, shard int, shards int, types text[])
  ON lane.name = c.subscription AND lane.shard = c.shard
CROSS JOIN LATERAL (SELECT coalesce(c."window", c.seen)) AS base (seen)
CROSS JOIN LATERAL (
    SELECT count(*) AS looked_at, count(*) FILTER (WHERE m.wanted) AS wanted,
           min(('x' || substr(replace(m.id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)
               FILTER (WHERE m.wanted) AS oldest
    FROM (
        SELECT id, new AND type = ANY(lane.types) AND shard %% lane.shards = lane.shard AS wanted FROM (
            (SELECT id, type, shard, pg_visible_in_snapshot(xid, c."window")
                                     AND NOT pg_visible_in_snapshot(xid, c.seen) AS new
             FROM eventbus_message WHERE c."window" IS NOT NULL AND position > c.position
             ORDER BY position LIMIT %(bound)s)
            UNION ALL
            (SELECT id, type, shard, true FROM eventbus_message
             WHERE xid >= pg_snapshot_xmax(base.seen) ORDER BY xid LIMIT %(bound)s)
            UNION ALL
            (SELECT id, type, shard, true FROM eventbus_message
             WHERE xid = ANY(ARRAY(SELECT pg_snapshot_xip(base.seen))) LIMIT %(bound)s)) AS part) AS m
    ) AS unread
GROUP BY lane.name"""

# For a lane whose first unread messages are all for others: its own, by type and from where it stands. A lane
# that looked in vain stands at the end of the log as it was then. As a range, and not as one type, it leaves
# the planner no index but that on both: it would walk the log by position.
_LAG_BY_TYPE = """
SELECT lane.name, sum(unread.wanted), max(unread.wanted) >= %(bound)s,
       extract(epoch FROM now()) - min(unread.oldest)
FROM eventbus_checkpoint AS c
JOIN json_to_recordset(%(lanes)s) AS lane (name text, shard int, shards int, types text[])
  ON lane.name = c.subscription AND lane.shard = c.shard
CROSS JOIN LATERAL (
    SELECT count(*) AS wanted,
           min(('x' || substr(replace(m.id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0) AS oldest
    FROM unnest(lane.types) AS of (type)
    CROSS JOIN LATERAL (
        SELECT id, xid, shard FROM eventbus_message
        WHERE (type, position) > (of.type, c.position)
          AND (type, position) <= (of.type, 9223372036854775807)
        ORDER BY type, position LIMIT %(bound)s) AS m
    WHERE m.shard %% lane.shards = lane.shard AND NOT pg_visible_in_snapshot(m.xid, c.seen)
) AS unread
GROUP BY lane.name"""


class Unread(Struct, frozen=True):
    """What a subscription has not read: `more` says that there are at least so many."""

    messages: int
    more: bool
    age_seconds: float

    @property
    def number(self) -> str:
        """How many, as it is told."""
        return f"{'over ' if self.more else ''}{self.messages:,}"

    def __str__(self) -> str:
        return f"{self.number} messages, the oldest published {span(self.age_seconds)} ago"


def unread(bound: int = FAR_BEHIND) -> dict[str, Unread]:
    """What each subscription that is behind has not read, by name.

    bound: how many are counted at most, per lane.
    """
    return {
        name: Unread(int(count), bool(more), float(age))
        for name, count, more, age in _unread(_lanes(), bound)
    }


def behind_seconds(name: str) -> float:
    """For how long a projection's rows have not been all there is to say: the age of what it has not read.

    0 when it has read all that concerns it; raises LookupError for a name that no subscription has. One
    statement, which looks at so few messages that a page can afford it: whoever shows rows says as of when.

    Example:

        place_order(order_id=ORDER, total=4200)
        assert behind_seconds("orders.order_history") > 0
        drain()
        assert behind_seconds("orders.order_history") == 0
    """
    lanes = [lane for lane in _lanes() if lane["name"] == subscription(name).name]
    return max((float(age) for _, wanted, _, age in rows(_LAG, _asked(lanes, NEAR)) if wanted), default=0.0)


def _lanes() -> list[Lane]:
    return [
        {"name": s.name, "shard": shard, "shards": s.shards, "types": s.types}
        for s in subscriptions()
        for shard in range(s.shards)
    ]


def _asked(lanes: list[Lane], bound: int) -> dict[str, Any]:
    return {"lanes": json.dumps(lanes), "bound": bound}


def _unread(lanes: list[Lane], bound: int) -> list[tuple[Any, ...]]:
    """Name, unread messages, whether there are more, and the oldest's age, of each subscription behind.

    Where the first ones it has not read hold none for it, it is asked by type.
    """
    found = rows(_LAG, _asked(lanes, bound))
    hidden = {name for name, wanted, more, _ in found if more and not wanted}
    if others := [lane for lane in lanes if lane["name"] in hidden]:
        found += rows(_LAG_BY_TYPE, _asked(others, bound))
    return sorted(row for row in found if row[1])
