"""Reading what one has just written: wait, within a bound, until a projection has seen a message."""

import json
from collections.abc import Callable
from time import monotonic, sleep
from typing import Literal
from uuid import UUID

from eventbus import sql
from eventbus.preparing import rows_by_index
from eventbus.subscriptions import subscription

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.005, 0.05
Sight = Literal["seen", "behind", "unknown"]
"""seen: all of it is in the rows. behind: not yet. unknown: the log holds no message of that id."""

# Whether a lane has not applied what the message's transaction told it, up to the message itself: neither its
# snapshot nor the drained part of its open window sees it, or it was set aside. Lanes that no such message
# falls to are not asked: an idle lane's checkpoint stays where it is.
_UNAPPLIED = f"""
SELECT EXISTS (
    SELECT FROM eventbus_message AS told
    JOIN json_to_recordset(%(lanes)s) AS lane (name text, shard int, shards int)
      ON told.shard %% lane.shards = lane.shard
    JOIN eventbus_checkpoint AS c ON c.subscription = lane.name AND c.shard = lane.shard
    WHERE told.xid = asked.xid AND told.position <= asked.position AND told.type = ANY(c.types)
      AND (NOT (pg_visible_in_snapshot(told.xid, c.seen)
                OR c."window" IS NOT NULL AND told.position <= c.position
                   AND pg_visible_in_snapshot(told.xid, c."window"))
           OR EXISTS (SELECT FROM eventbus_delivery AS aside
                      WHERE aside.subscription = lane.name AND aside.message_id = told.position)))
FROM eventbus_message AS asked WHERE asked.id = %(id)s AND {sql.ALONE}"""


def wait_until_seen(
    message_id: UUID, *projections: str, seconds: float, pause: Callable[[float], object] = sleep
) -> Sight:
    """Wait until the rows of `projections` show a message and what its transaction published before it.

    projections: their names; raises LookupError for one that is none. seconds: how long at most; 0 only
    looks. Returns "seen", "behind" when the time is up, or "unknown" for an id that the log does not hold
    (any more). Each look is one statement, and none is open in between: call it outside a transaction, where
    it might not see what others commit. pause: how to pass the time between two looks.

    Example:

        with published_ids() as ids:
            place_order(order_id=ORDER, total=4200)
        assert wait_until_seen(ids[-1], "orders.order_history", seconds=0) == "behind"
        drain()
        assert wait_until_seen(ids[-1], "orders.order_history", seconds=1) == "seen"
    """
    lanes = [lane for name in projections for lane in _lanes(name)]
    asked = {"id": message_id, "lanes": json.dumps(lanes)}
    end, wait = monotonic() + seconds, FIRST_PAUSE_SECONDS
    while (sight := _look(asked)) == "behind" and (left := end - monotonic()) > 0:
        pause(min(wait, left))
        wait = min(wait * 1.5, LONGEST_PAUSE_SECONDS)
    return sight


def _lanes(name: str) -> list[dict[str, object]]:
    shards = subscription(name).shards
    return [{"name": name, "shard": shard, "shards": shards} for shard in range(shards)]


def _look(asked: dict[str, object]) -> Sight:
    rows = rows_by_index(_UNAPPLIED, asked)
    if not rows:
        return "unknown"
    ((unapplied,),) = rows
    return "behind" if unapplied else "seen"
