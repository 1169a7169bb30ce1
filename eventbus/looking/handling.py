"""Who handled a message, and how: what each checkpoint has passed, and what waits or failed."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils import timezone
from msgspec import Struct

from eventbus.doctor.findings import rows
from eventbus.lanes import headline
from eventbus.models import Act, Delivery
from eventbus.subscriptions import subscriptions

# The lanes as the database has them: also those that only another release knows.
_HANDLED = """
SELECT m.position, c.subscription, p.subscription IS NOT NULL,
       coalesce(pg_visible_in_snapshot(m.xid, c.seen)
                OR (m.position <= c.position AND pg_visible_in_snapshot(m.xid, c."window")), false),
       d.id, d.state, d.attempts, d.due_at, d.created_at, d.error,
       CASE WHEN d.state = 'waiting' AND d.error = '' THEN (
           SELECT min(first.message_id) FROM eventbus_delivery AS first
           WHERE first.subscription = d.subscription AND first.stream = d.stream
             AND first.message_id < d.message_id) END
FROM eventbus_message AS m
JOIN (SELECT *, count(*) OVER (PARTITION BY subscription) AS shards FROM eventbus_checkpoint) AS c
  ON m.type = ANY(c.types) AND c.shard = m.shard %% c.shards
LEFT JOIN eventbus_pause AS p ON p.subscription = c.subscription
LEFT JOIN eventbus_delivery AS d ON d.subscription = c.subscription AND d.message_id = m.position
WHERE m.position = ANY(%s) ORDER BY m.position, c.subscription"""

_DONE = {
    "projections": "folded",
    "sagas": "heard",
    "handlers": "handled",
    "external": "delivered",
    "bridge": "sent",
}
BAD = ("dead", "failing", "unknown")


class Handling(Struct, frozen=True, kw_only=True):
    """What became of a message for one subscription.

    state: folded, heard, handled, delivered or sent; unread, paused, queued, calling; behind another message;
    failing, unknown, dead; given up. detail: a sentence about it. behind: the position it waits behind.
    """

    subscription: str
    queue: str
    state: str
    detail: str = ""
    delivery_id: int | None = None
    attempts: int = 0
    behind: int | None = None
    error: str = ""
    since: datetime | None = None

    @property
    def is_done(self) -> bool:
        """Whether the subscription has no more to do with it."""
        return self.state in _DONE.values()

    @property
    def is_bad(self) -> bool:
        """Whether something has gone wrong."""
        return self.state in BAD


def handlings(positions: Collection[int]) -> dict[int, list[Handling]]:
    """What became of each message for each of its subscriptions: two queries."""
    queues = {s.name: s.queue for s in subscriptions()}
    unordered = {s.name for s in subscriptions() if not s.ordered}
    given_up = _given_up(positions)
    found: dict[int, list[Handling]] = defaultdict(list)
    for position, name, *columns in rows(_HANDLED, [list(positions)]):
        queue = queues.get(name, "handlers")
        act = given_up.get((name, position))
        handling = _handling(name, queue, columns, act, ordered=name not in unordered)
        found[position].append(handling)
    return found


def _given_up(positions: Collection[int]) -> dict[tuple[str, int | None], Act]:
    acts = Act.objects.filter(
        act="discard", subscription__in=[s.name for s in subscriptions()], message_id__in=list(positions)
    )
    return {(act.subscription, act.message_id): act for act in acts}


def _handling(name: str, queue: str, columns: list[Any], act: Act | None, *, ordered: bool) -> Handling:
    paused, passed, delivery_id, state, attempts, due_at, since, error, behind = columns
    if delivery_id is None:
        if act:
            return Handling(
                subscription=name, queue=queue, state="given up", detail=f"{act.actor}: {act.reason}"
            )
        if passed:
            return Handling(subscription=name, queue=queue, state=_DONE[queue])
        state = "paused" if paused else "unread"
        return Handling(subscription=name, queue=queue, state=state)
    behind = behind if ordered else None
    told = _state(state, error=error, behind=behind, paused=paused)
    return Handling(
        subscription=name,
        queue=queue,
        state=told,
        detail=_detail(told, attempts, due_at, error, behind),
        delivery_id=delivery_id,
        attempts=attempts,
        behind=behind,
        error=error,
        since=since,
    )


def _state(state: str, *, error: str, behind: int | None, paused: bool) -> str:
    if state in (Delivery.State.DEAD, Delivery.State.UNKNOWN):
        return state
    if state == Delivery.State.CLAIMED:
        return "calling"
    if behind:
        return "behind"
    if error:
        return "failing"
    return "paused" if paused else "queued"


def _detail(told: str, attempts: int, due_at: datetime, error: str, behind: int | None) -> str:
    if told == "behind":
        return f"waits behind message {behind} of its stream"
    if told == "failing":
        times = "once" if attempts == 1 else f"{attempts} times"
        return f"failed {times}, again at {timezone.localtime(due_at):%H:%M:%S}: {headline(error)}"
    return headline(error)
