"""What can be done to any bus, and what must hold on it."""

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

from django.db import connection, connections
from django.utils import timezone

from eventbus import dispatch
from eventbus.chaos.plan import Fault, Invariant
from eventbus.errors import NotRebuilt
from eventbus.lanes import deliver_lane
from eventbus.models import Delivery
from eventbus.projections import Projection
from eventbus.subscriptions import Subscription, subscription, subscriptions
from eventbus.testing import assert_rebuilds
from eventbus.watching import all_lanes, lanes_behind

LANES_AT_ONCE = 6
MESSAGES_AT_ONCE = 5
RECENT = 100

_RECENT = """
SELECT m.position FROM eventbus_message AS m
JOIN eventbus_checkpoint AS c ON c.subscription = %(name)s AND c.shard = m.shard %% %(shards)s
WHERE m.type = ANY(%(types)s) AND pg_visible_in_snapshot(m.xid, c.seen)
ORDER BY m.position DESC LIMIT %(recent)s"""

# A message that the lane has seen is set aside once more, as if it waited for another try.
_SET_ASIDE = """
INSERT INTO eventbus_delivery
    (subscription, message_id, stream, shard, state, attempts, outages, due_at, error)
SELECT %s, position, stream, shard, 'waiting', 0, 0, now(), '' FROM eventbus_message WHERE position = %s
ON CONFLICT DO NOTHING"""

_SET_ALL_ASIDE = """
INSERT INTO eventbus_delivery
    (subscription, message_id, stream, shard, state, attempts, outages, due_at, error)
SELECT %(name)s, m.position, m.stream, m.shard, 'waiting', 0, 0, now(), ''
FROM eventbus_message AS m
JOIN eventbus_checkpoint AS c ON c.subscription = %(name)s AND c.shard = m.shard %% %(shards)s
WHERE m.type = ANY(%(types)s) AND pg_visible_in_snapshot(m.xid, c.seen)
ON CONFLICT DO NOTHING RETURNING message_id"""

_HOLD = "SELECT 1 FROM eventbus_checkpoint WHERE subscription = ANY(%s) FOR UPDATE SKIP LOCKED"

_GAPS = """
SELECT stream, count(*), max(revision) FROM eventbus_message
WHERE revision IS NOT NULL GROUP BY stream HAVING count(*) <> max(revision) OR min(revision) <> 1 LIMIT 5"""

_CHECKPOINTS = """
SELECT subscription, shard, pg_snapshot_xmin(seen)::text::bigint, pg_snapshot_xmax(seen)::text::bigint
FROM eventbus_checkpoint"""

_WAITING = """
SELECT subscription, state, count(*), max(error) FROM eventbus_delivery
WHERE state <> 'dead' GROUP BY subscription, state ORDER BY subscription, state"""

_DEAD = """
SELECT id, subscription, message_id, error FROM eventbus_delivery WHERE state = 'dead' ORDER BY message_id"""


class Bus:
    """The project's bus as a chaos run sees it.

    spare: subscriptions that get no message a second time.
    """

    def __init__(self, *, spare: Iterable[str] = ()) -> None:
        self.repeats = self.refused_repeats = 0
        self._spared = frozenset(spare)
        self._repeated: set[tuple[str, int]] = set()
        self._seen: dict[tuple[str, int], tuple[int, int]] = {}
        self._session: Any = None

    def faults(self) -> list[Fault]:
        """Wake-ups sent twice, lanes held by a slow worker, messages delivered a second time."""
        return [
            Fault(victim="wake-ups", name="doubled", begin=self._wake_twice),
            Fault(victim="lanes", name="held", begin=self._hold, end=self._let_go, seconds=(0.2, 3.0)),
            Fault(victim="messages", name="delivered again", begin=self._deliver_again),
        ]

    def invariants(self) -> list[Invariant]:
        """What holds on every bus, at any instant."""
        return [
            Invariant(name="revisions of a stream are gapless", breaches=self._gaps),
            Invariant(name="checkpoints never go back", breaches=self._gone_back),
            Invariant(name="no message is given up", breaches=self._dead),
        ]

    def rebuilds(self, *projections: type[Projection]) -> list[Invariant]:
        """For the end: each projection's rows equal the rows rebuilt from the log."""
        return [Invariant(name=f"{p.name} equals its rebuild", breaches=_rebuilt(p)) for p in projections]

    def under_way(self) -> Iterator[str]:
        """What is not delivered yet, in words; nothing when the bus is at rest.

        What a handler refused when it came a second time is discarded, as a person would do.
        """
        self._discard_refused_repeats()
        if behind := sorted({name for name, _ in lanes_behind()}):
            yield f"behind the log: {', '.join(behind)}"
        for name, state, count, error in _rows(_WAITING):
            yield f"{name}: {count} {state}" + (f" ({error[:200]})" if error else "")

    def _wake_twice(self, random: Random) -> None:
        lanes = sorted(all_lanes())
        for lane in random.sample(lanes, k=min(LANES_AT_ONCE, len(lanes))) * 2:
            _wake(lane)

    def _hold(self, random: Random) -> None:
        names = [s.name for s in subscriptions()]
        self._session = connections["default"].copy()
        self._session.set_autocommit(False)
        with self._session.cursor() as cursor:
            cursor.execute(_HOLD, [random.sample(names, k=min(3, len(names)))])

    def _let_go(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _deliver_again(self, random: Random) -> None:
        """One recent message each of a few subscriptions, whichever have any."""
        targets = [s for s in subscriptions() if self._may_repeat(s)]
        enough = self.repeats + MESSAGES_AT_ONCE
        for target in random.sample(targets, k=len(targets)):
            wanted = {"name": target.name, "types": target.types, "shards": target.shards, "recent": RECENT}
            positions = [position for (position,) in _rows(_RECENT, wanted)]
            if positions and self.repeats < enough:
                self._repeat(target, random.choice(positions))

    def deliver_all_again(self) -> None:
        """Hand every message to its handlers once more: for a bus that is at rest."""
        for target in filter(self._may_repeat, subscriptions()):
            wanted = {"name": target.name, "types": target.types, "shards": target.shards}
            again = [position for (position,) in _rows(_SET_ALL_ASIDE, wanted)]
            self._repeated.update((target.name, position) for position in again)
            self.repeats += len(again)

    def _repeat(self, target: Subscription, position: int) -> None:
        # Remembered first: the answer to the INSERT may be lost with the database.
        self._repeated.add((target.name, position))
        with connection.cursor() as cursor:
            cursor.execute(_SET_ASIDE, [target.name, position])
            self.repeats += cursor.rowcount

    def _may_repeat(self, target: Subscription) -> bool:
        return target.queue in ("handlers", "external") and target.name not in self._spared

    def _gaps(self) -> Iterator[str]:
        for stream, count, last in _rows(_GAPS):
            yield f"{stream} has {count} revisions, and its last is number {last}"

    def _gone_back(self) -> Iterator[str]:
        for name, shard, xmin, xmax in _rows(_CHECKPOINTS):
            before = self._seen.get((name, shard), (0, 0))
            if xmin < before[0] or xmax < before[1]:
                yield f"{name}/{shard} had seen up to {before}, and now up to {(xmin, xmax)}"
            self._seen[name, shard] = (xmin, xmax)

    def _dead(self) -> Iterator[str]:
        for _, name, position, error in _rows(_DEAD):
            if (name, position) not in self._repeated:
                yield f"{name} gave up message {position}: {error[:300]}"

    def _discard_refused_repeats(self) -> None:
        refused = [row[0] for row in _rows(_DEAD) if (row[1], row[2]) in self._repeated]
        self.refused_repeats += len(refused)
        Delivery.objects.filter(pk__in=refused).delete()


def _rebuilt(projection: type[Projection]) -> Callable[[], Iterator[str]]:
    def breaches() -> Iterator[str]:
        try:
            assert_rebuilds(projection)
        except NotRebuilt as difference:
            yield str(difference)

    return breaches


def _wake(lane: dispatch.Lane) -> None:
    if dispatch.mode() != "celery":
        # This process is a second worker then; a batch is enough, the rest is for the others.
        next(deliver_lane(subscription(lane[0]), lane[1], timezone.now()), None)
        return
    from eventbus.tasks import deliver  # noqa: PLC0415  (a bus without Celery works as well)

    deliver.apply_async(lane, queue=subscription(lane[0]).queue, retry=False)


def _rows(statement: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()  # type: ignore[no-any-return]
