"""Re-basing: making a log that was restored into another cluster speak of that cluster's transactions.

What a lane has seen is decided by comparing a message's transaction id with the ends and gaps of the stored
snapshots, and only their order matters. So the ids are numbered anew, in their order, by numbers that this
cluster has left behind: every stored snapshot then sees exactly what it saw, new messages come after all of
them, and what a lane had not seen waits for it in the log as before.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from django.db import connection, transaction
from msgspec import Struct

from eventbus import cluster
from eventbus.errors import RestoredCluster
from eventbus.log import visible_now
from eventbus.models import Act, Cluster
from eventbus.snapshots import NOTHING, Snapshot

KEEPERS = {"eventbus_checkpoint": "id", "eventbus_rebuild": "projection"}
"""The tables with snapshots, and their keys."""
SMALLEST_XID = 2
"""What Postgres itself writes for "seen by all"."""

# Reading goes on meanwhile. The order is the one in which a lane's transaction takes its locks.
_LOCK = (
    "LOCK TABLE eventbus_cluster, eventbus_checkpoint, eventbus_rebuild, eventbus_message IN EXCLUSIVE MODE"
)
_COUNT = "SELECT count(*) FROM eventbus_message WHERE xid >= %s::text::xid8"
_RENUMBER = """
UPDATE eventbus_message SET xid = (%s + width_bucket(xid, %s::text[]::xid8[]))::text::xid8
WHERE xid >= %s::text::xid8"""

# A log that was moved without its sequences would number new messages below the old ones.
_CONTINUE = """
SELECT setval(sequence, last) FROM
    (SELECT pg_get_serial_sequence('eventbus_message', 'position')::regclass AS sequence,
            (SELECT max(position) FROM eventbus_message) AS last) AS log
WHERE last > coalesce(pg_sequence_last_value(sequence), 0)"""


class Renumbering(Struct, frozen=True):
    """Order kept, numbers small: all ids between two neighbours of `bounds` get one number.

    base: the number for what lies below all bounds; what is lower already stays as it is.
    """

    bounds: tuple[int, ...]
    base: int

    @property
    def first(self) -> int:
        """The lowest id that may change."""
        return min((self.base + 1, *self.bounds))

    def number(self, xid: int) -> int:
        """The new number of a transaction id."""
        return xid if xid < self.first else self.base + bisect_right(self.bounds, xid)

    def snapshot(self, old: Snapshot) -> Snapshot:
        """The snapshot that sees of the renumbered log what `old` saw of it before."""
        if old == NOTHING:
            return old
        running = tuple(self.number(xid) for xid in old.running)
        return Snapshot(self.number(old.xmin), self.number(old.xmax), running)


class Plan(Struct, frozen=True):
    """What a re-base has to do. No renumbering where all ids lie behind this cluster's already.

    messages: how many get a new transaction id.
    """

    identity: cluster.Identity
    renumbering: Renumbering | None = None
    messages: int = 0


def bounds_of(snapshots: Iterable[Snapshot]) -> tuple[int, ...]:
    """Every id at which some snapshot begins or ceases to see, in order."""
    ends = ((s.xmin, s.xmax, *s.running, *(xid + 1 for xid in s.running)) for s in snapshots if s != NOTHING)
    return tuple(sorted(set(chain.from_iterable(ends))))


def rebase(actor: str, *, dry_run: bool = False, said: Callable[[str], object] = lambda line: None) -> Plan:
    """Make the log's transaction ids this cluster's, in one transaction; no message is lost or repeated.

    actor: who did it, for the record. dry_run: change nothing. said: is told each step.
    Publishers and workers wait meanwhile, readers do not. Raises RestoredCluster where there is nothing to
    re-base, or where an older transaction stands in the way.
    """
    if not dry_run:
        _come_of_age(len(bounds_of(_stored())))
    with transaction.atomic(durable=True):
        said("Waiting until nobody writes to the log…")
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)
        plan = _plan()
        said(f"{plan.identity.problem}.")
        said(f"{plan.messages:,} messages {'would get' if dry_run else 'get'} a new transaction id.")
        if not dry_run:
            _carry_out(plan, actor)
    return plan


def _come_of_age(bounds: int) -> None:
    """Let a cluster younger than the numbers that are needed reach them: each statement is a transaction."""
    with connection.cursor() as cursor:
        for _ in range(SMALLEST_XID + bounds + 1 - visible_now().xmin):
            cursor.execute("SELECT pg_current_xact_id()")


def _plan() -> Plan:
    identity = cluster.look()
    if not identity.problem:
        raise RestoredCluster(
            f"There is nothing to re-base: the log speaks of this Postgres cluster (system identifier "
            f"{identity.actual}), and of no transaction it has not come to."
        )
    now, bounds = visible_now(), bounds_of(_stored())
    if max((identity.highest, *bounds)) < now.xmin:
        return Plan(identity)
    new = Renumbering(bounds, now.xmin - len(bounds) - 1)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [str(new.first)])
        return Plan(identity, new, cursor.fetchone()[0])


def _carry_out(plan: Plan, actor: str) -> None:
    if plan.renumbering:
        _renumber(plan.renumbering)
    with connection.cursor() as cursor:
        cursor.execute(_CONTINUE)
    cluster.stamp()
    Cluster.objects.update(settled_position=0, settled_xid=None)
    Act.objects.create(
        actor=actor, act="rebase", reason=f"{plan.identity.problem}. Messages renumbered: {plan.messages}."
    )


def _renumber(new: Renumbering) -> None:
    if new.base < SMALLEST_XID:
        raise RestoredCluster(
            f"A transaction has been open in this cluster for too long to make room for the "
            f"{len(new.bounds)} numbers that the log needs below it. End it (`manage.py eventbus_doctor` "
            f"names it), then run `manage.py rebase_log` again."
        )
    with connection.cursor() as cursor:
        cursor.execute(_RENUMBER, [new.base, [str(bound) for bound in new.bounds], str(new.first)])
        for table, key in KEEPERS.items():
            cursor.execute(f'SELECT {key}, seen::text, "window"::text FROM {table}')
            cursor.executemany(
                f'UPDATE {table} SET seen = %s::text::pg_snapshot, "window" = %s::text::pg_snapshot '
                f"WHERE {key} = %s",
                [
                    (*(str(new.snapshot(Snapshot.parse(text))) if text else None for text in texts), pk)
                    for pk, *texts in cursor.fetchall()
                ],
            )


def _stored() -> Iterator[Snapshot]:
    """Every snapshot that the bus keeps."""
    for table in KEEPERS:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT seen::text, "window"::text FROM {table}')
            yield from (Snapshot.parse(text) for row in cursor.fetchall() for text in row if text)
