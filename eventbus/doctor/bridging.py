"""What ails the bridge, where there is one."""

from collections.abc import Iterable

from eventbus.bridge.routes import RECEIVER_LOCK, routes
from eventbus.doctor.database import ADVISORY
from eventbus.doctor.findings import Finding, Severity, grade, rows, span

_HELD = """
SELECT state, count(*), count(DISTINCT (source, stream)) FROM eventbus_arrival
WHERE state = ANY(%s) GROUP BY state ORDER BY state"""

_STEPS = {
    "parked": "Deploy the code that knows them; they are taken then, in order.",
    "waiting": "They go on by themselves after what is held before them.",
    "refused": "manage.py arrivals list, and then retry or discard them.",
}


def receiver() -> Iterable[Finding]:
    """Whether anybody receives."""
    bridge = routes()
    if not bridge.receive:
        return
    for pid, application, client, age in (found := rows(ADVISORY, [RECEIVER_LOCK])):
        who = f" It is pid {pid} ({application or 'no name'}, {client}), connected for {span(age)}."
        yield Finding("bridge", Severity.OK, pid, f"A bridge receives as {bridge.name}.", private=who)
    if not found:
        means = f"Nobody receives as {bridge.name}: what others send waits at the broker."
        yield Finding("bridge", Severity.CRITICAL, 0, means, "manage.py bridge")


def arrivals() -> Iterable[Finding]:
    """Messages that came in and could not be taken."""
    for state, count, streams in rows(_HELD, [list(_STEPS)]):
        yield Finding(
            "arrivals",
            grade(count, "DEAD_LETTERS"),
            count,
            f"{count:,} messages from the bridge are {state}, of {streams:,} streams.",
            _STEPS[state],
        )
