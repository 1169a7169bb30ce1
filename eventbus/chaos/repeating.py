"""Stories told once more: every message of them goes to its handlers a second time, and what comes of it."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection
from msgspec import Struct

from eventbus import dead_letters, dispatch
from eventbus.lanes import headline
from eventbus.models import Delivery, Message
from eventbus.subscriptions import subscriptions

# A message that a lane has seen is set aside, as if it waited for another try.
_AGAIN = """
INSERT INTO eventbus_delivery
    (subscription, message_id, stream, shard, state, attempts, outages, due_at, error)
SELECT %(name)s, m.position, m.stream, m.shard, 'waiting', 0, 0, now(), ''
FROM eventbus_message AS m
JOIN eventbus_checkpoint AS c ON c.subscription = %(name)s AND c.shard = m.shard %% %(shards)s
WHERE m.correlation_id = ANY(%(stories)s) AND m.type = ANY(%(types)s)
  AND pg_visible_in_snapshot(m.xid, c.seen)
ON CONFLICT DO NOTHING"""

# What some lane has not read yet of these stories.
_UNREAD = """
SELECT count(*) FROM eventbus_message AS m
JOIN json_to_recordset(%(lanes)s) AS lane (name text, shard int, shards int)
  ON m.shard %% lane.shards = lane.shard
JOIN eventbus_checkpoint AS c
  ON c.subscription = lane.name AND c.shard = lane.shard AND m.type = ANY(c.types)
WHERE m.correlation_id = ANY(%(stories)s)
  AND NOT (pg_visible_in_snapshot(m.xid, c.seen)
           OR c."window" IS NOT NULL AND m.position <= c.position
              AND pg_visible_in_snapshot(m.xid, c."window"))"""


class Letter(Struct, frozen=True):
    """A dead letter: whose, what it failed with, and how many wait behind it."""

    id: int
    subscription: str
    error: str
    behind: int


def deliver_again(stories: Iterable[UUID]) -> int:
    """Hand every message of these stories to its handlers once more; returns how many were set aside.

    stories: correlation ids. Projections and sagas move with their checkpoint, and are never asked twice.
    """
    wanted, again = list(stories), 0
    for target in subscriptions():
        if target.queue in ("handlers", "external"):
            fields: dict[str, Any] = {
                "name": target.name,
                "types": target.types,
                "shards": target.shards,
                "stories": wanted,
            }
            with connection.cursor() as cursor:
                cursor.execute(_AGAIN, fields)
                again += cursor.rowcount
    dispatch.after_commit()
    return again


def waiting(stories: Iterable[UUID]) -> int:
    """How many messages of these stories are still to be read by somebody, or to be tried again."""
    wanted = list(stories)
    lanes = [
        {"name": s.name, "shard": shard, "shards": s.shards}
        for s in subscriptions()
        for shard in range(s.shards)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, {"stories": wanted, "lanes": json.dumps(lanes)})
        (unread,) = cursor.fetchone()
    # Read first: what is set aside then was read before.
    return int(unread) + int(_of(wanted).exclude(state=Delivery.State.DEAD).count())


def dead(stories: Iterable[UUID]) -> list[Letter]:
    """The dead letters of these stories."""
    found: Any = dead_letters.with_behind(_of(stories).filter(state=Delivery.State.DEAD)).order_by("pk")
    return [Letter(each.pk, each.subscription, headline(each.error), each.behind) for each in found]


def give_up(letters: Iterable[Letter], *, actor: str, reason: str) -> int:
    """Decide that dead letters need never be delivered; returns how many."""
    return dead_letters.discard([letter.id for letter in letters], actor=actor, reason=reason)


def _of(stories: Iterable[UUID]) -> Any:
    positions = Message.objects.filter(correlation_id__in=list(stories)).values("position")
    return Delivery.objects.filter(message_id__in=positions)
