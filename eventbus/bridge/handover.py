"""From one process to two, and back: the lanes of the rooms that move are handed over between them.

A command handler that is new to a log begins at its start, and that would be wrong here: what was asked for
before was done by whoever had the lane then. So the lanes that this process has and the database lacks begin
now, and those that it no longer has are ended, where nothing is left in them.
"""

from django.db import connection, transaction

from eventbus import cluster, dispatch, log, partitions
from eventbus.errors import EventBusError
from eventbus.models import Checkpoint, Delivery
from eventbus.subscriptions import subscriptions

_UNREAD = """
SELECT c.subscription FROM eventbus_checkpoint AS c
WHERE c.subscription = ANY(%s) AND (c."window" IS NOT NULL OR EXISTS (
    SELECT FROM eventbus_message AS m
    WHERE m.type = ANY(c.types) AND NOT pg_visible_in_snapshot(m.xid, c.seen)))
GROUP BY c.subscription ORDER BY c.subscription"""


class NotQuiet(EventBusError):
    """Lanes that would be ended have something left to deliver, or somebody still delivers."""


@transaction.atomic
def hand_over() -> tuple[list[str], list[str]]:
    """Let this process's new lanes begin now and end those that it lacks; returns the names of both.

    Raises NotQuiet where a relay runs, or where a lane to be ended has something left; nothing is done then.
    """
    cluster.verify()
    _need_no_relay()
    wanted = {s.name: s for s in subscriptions()}
    known = set(Checkpoint.objects.select_for_update().values_list("subscription", flat=True))
    new, gone = sorted(wanted.keys() - known), sorted(known - wanted.keys())
    _need_drained(gone)
    now, last = log.visible_now(), partitions.last_position()
    Checkpoint.objects.bulk_create(
        Checkpoint(
            subscription=name,
            shard=shard,
            version=wanted[name].version,
            types=sorted(wanted[name].types),
            seen=str(now),
            position=last,
        )
        for name in new
        for shard in range(wanted[name].shards)
    )
    Checkpoint.objects.filter(subscription__in=gone).delete()
    return new, gone


def _need_no_relay() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [dispatch.LEADER_LOCK])
        if not cursor.fetchone()[0]:
            raise NotQuiet("A relay runs. Stop relays and workers first: nobody may deliver meanwhile.")


def _need_drained(gone: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [gone])
        unread = {name for (name,) in cursor.fetchall()}
    waiting = Delivery.objects.filter(subscription__in=gone).values_list("subscription", flat=True)
    if left := sorted(unread | set(waiting)):
        raise NotQuiet(
            f"{', '.join(left)} still have messages to deliver. Let them be delivered with the settings of "
            f"before, or decide about them with manage.py dead_letters."
        )
