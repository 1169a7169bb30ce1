"""The bus in numbers, for whoever draws curves: what the database knows of all processes together.

Seven queries at most, each of bounded cost however much the log holds or waits: what is counted stops at
`MOST`. What a single process does (how fast, how often in vain) it tells its observers instead: observing.py.
"""

from collections.abc import Iterable

from msgspec import Struct

from eventbus import dispatch
from eventbus.doctor.findings import rows
from eventbus.doctor.reading import unread
from eventbus.partitions import LAST_POSITION
from eventbus.sql import HELD_LOCKS
from eventbus.subscriptions import subscriptions

MOST = 10_000
"""How many waiting messages or deliveries of one kind are counted: so many says "at least"."""

NUMBERS = {
    "eventbus_lag_messages": "Messages in the log that a subscription has not read; 10000 says at least.",
    "eventbus_lag_seconds": "Age of the oldest message that a subscription has not read.",
    "eventbus_deliveries": "Messages set aside for a subscription, by state; 10000 says at least.",
    "eventbus_overdue_seconds": "For how long the oldest delivery of a subscription could have been tried.",
    "eventbus_paused": "Whether a person has paused a subscription.",
    "eventbus_breaker_open": "Whether nothing is sent to a dependency, because it failed several times.",
    "eventbus_breaker_failures": "How often in a row a dependency has failed.",
    "eventbus_sagas": "Sagas that are running, or that a person has resolved.",
    "eventbus_saga_oldest_seconds": "Age of the oldest saga that is running.",
    "eventbus_relay_leaders": "Relays that lead: one, or nobody wakes the workers.",
    "eventbus_timer_overdue_seconds": "For how long the oldest timeout of a saga could have fired.",
    "eventbus_log_position": "The last position of the log that was given out.",
    "eventbus_log_newest_seconds": "Age of the newest message.",
    "eventbus_outbox_age_seconds": "Age of the oldest message that any subscription has not read.",
}

_DELIVERIES = """
SELECT one.name, part.state, part.number, part.overdue
FROM unnest(%(names)s::text[]) AS one (name) CROSS JOIN LATERAL (
    SELECT state, count(*) AS number, greatest(0, extract(epoch FROM now() - min(due_at))) AS overdue FROM (
        SELECT state, due_at FROM eventbus_delivery
        WHERE subscription = one.name AND state <> 'dead' ORDER BY due_at LIMIT %(most)s) AS queue
    GROUP BY state
    UNION ALL
    SELECT 'dead', count(*), 0 FROM (
        SELECT FROM eventbus_delivery
        WHERE subscription = one.name AND state = 'dead' LIMIT %(most)s) AS letters) AS part"""

_BREAKERS = "SELECT dependency, failures, coalesce(open_until > now(), false) FROM eventbus_breaker"

_SAGAS = """
SELECT saga, status, count(*), extract(epoch FROM now() - min(started_at)) FROM eventbus_sagastate
WHERE status <> 'completed' GROUP BY saga, status"""

# A message says in its id (UUID v7) when it was published.
_WHOLE = f"""
SELECT (SELECT count(*) FROM pg_locks AS l WHERE {HELD_LOCKS}),
       (SELECT greatest(0, extract(epoch FROM now() - min(due_at))) FROM eventbus_timer),
       {LAST_POSITION},
       (SELECT greatest(0, extract(epoch FROM now())
               - ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)
        FROM eventbus_message ORDER BY position DESC LIMIT 1)"""


class Measure(Struct, frozen=True):
    """One number of NUMBERS, and of whom."""

    name: str
    value: float
    labels: dict[str, str] = {}

    @property
    def help(self) -> str:
        """What it means."""
        return NUMBERS[self.name]


def measure() -> list[Measure]:
    """What waits, for how long, and who is at work; nothing here changes anything.

    Example:

        drain()
        numbers = {measure.name: measure.value for measure in measure() if not measure.labels}
        assert numbers["eventbus_outbox_age_seconds"] == 0
    """
    return [*_lag(), *_deliveries(), *_pauses(), *_breakers(), *_sagas(), *_whole()]


def _lag() -> Iterable[Measure]:
    behind = unread(MOST)
    for name in _names():
        waiting = behind.get(name)
        messages = min(waiting.messages, MOST) if waiting else 0
        yield Measure("eventbus_lag_messages", messages, {"subscription": name})
        age = max(waiting.age_seconds, 0) if waiting else 0
        yield Measure("eventbus_lag_seconds", age, {"subscription": name})
    oldest = max((waiting.age_seconds for waiting in behind.values()), default=0)
    yield Measure("eventbus_outbox_age_seconds", max(oldest, 0))


def _deliveries() -> Iterable[Measure]:
    found = rows(_DELIVERIES, {"names": _names(), "most": MOST})
    numbers = {(name, state): (number, overdue) for name, state, number, overdue in found}
    for name in _names():
        for state in ("waiting", "claimed", "unknown", "dead"):
            number, _ = numbers.get((name, state), (0, 0))
            yield Measure("eventbus_deliveries", number, {"subscription": name, "state": state})
        _, overdue = numbers.get((name, "waiting"), (0, 0))
        yield Measure("eventbus_overdue_seconds", float(overdue), {"subscription": name})


def _pauses() -> Iterable[Measure]:
    resting = {name for (name,) in rows("SELECT subscription FROM eventbus_pause")}
    for name in _names():
        yield Measure("eventbus_paused", name in resting, {"subscription": name})


def _breakers() -> Iterable[Measure]:
    states = {s.dependency: (0, False) for s in subscriptions() if s.external}
    states |= {dependency: (failures, is_open) for dependency, failures, is_open in rows(_BREAKERS)}
    for dependency, (failures, is_open) in sorted(states.items()):
        yield Measure("eventbus_breaker_open", is_open, {"dependency": dependency})
        yield Measure("eventbus_breaker_failures", failures, {"dependency": dependency})


def _sagas() -> Iterable[Measure]:
    found = {(saga, status): (number, age) for saga, status, number, age in rows(_SAGAS)}
    for saga in (s.name for s in subscriptions() if s.queue == "sagas"):
        for status in ("running", "resolved"):
            number, _ = found.get((saga, status), (0, 0))
            yield Measure("eventbus_sagas", number, {"saga": saga, "status": status})
        _, age = found.get((saga, "running"), (0, 0))
        yield Measure("eventbus_saga_oldest_seconds", float(age), {"saga": saga})


def _whole() -> Iterable[Measure]:
    ((leaders, overdue, position, newest),) = rows(_WHOLE, [dispatch.LEADER_LOCK])
    yield Measure("eventbus_relay_leaders", leaders)
    yield Measure("eventbus_timer_overdue_seconds", float(overdue or 0))
    yield Measure("eventbus_log_position", position)
    yield Measure("eventbus_log_newest_seconds", float(newest or 0))


def _names() -> list[str]:
    return [subscription.name for subscription in subscriptions()]
