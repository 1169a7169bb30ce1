"""What waits on the bus, and why. Each check is one query of bounded cost."""

import json
from collections.abc import Iterable

from eventbus.doctor.findings import Finding, Severity, dbshell, grade, rows, span
from eventbus.doctor.reading import FAR_BEHIND, unread
from eventbus.subscriptions import subscriptions

_DUE = """
SELECT subscription, count(*), extract(epoch FROM now() - min(due_at)) FROM eventbus_delivery
WHERE state IN ('waiting', 'claimed') AND due_at < now()
  AND NOT EXISTS (SELECT FROM eventbus_delivery AS earlier
                  WHERE earlier.subscription = eventbus_delivery.subscription
                    AND earlier.stream = eventbus_delivery.stream
                    AND earlier.message_id < eventbus_delivery.message_id)
  AND state = %s
  AND NOT EXISTS (SELECT FROM eventbus_pause AS p WHERE p.subscription = eventbus_delivery.subscription)
GROUP BY subscription ORDER BY subscription"""

_BY_STATE = """
SELECT subscription, count(*), count(DISTINCT stream) FROM eventbus_delivery
WHERE state = %s GROUP BY subscription ORDER BY subscription"""

_BREAKERS = """
SELECT dependency, failures, open_until > now(), extract(epoch FROM open_until - now()), error
FROM eventbus_breaker WHERE open_until IS NOT NULL ORDER BY dependency"""

_LANES = """
SELECT coalesce(c.subscription, lane.name), coalesce(c.shard, lane.shard), lane.name IS NULL
FROM eventbus_checkpoint AS c
FULL JOIN json_to_recordset(%s) AS lane (name text, shard int)
  ON lane.name = c.subscription AND lane.shard = c.shard
WHERE lane.name IS NULL OR c.id IS NULL ORDER BY 1, 2"""

_SAGAS = """
SELECT saga, count(*), extract(epoch FROM now() - min(started_at)) FROM eventbus_sagastate
WHERE status = 'running' GROUP BY saga ORDER BY saga"""

_PAUSES = """
SELECT subscription, actor, reason, extract(epoch FROM now() - at)
FROM eventbus_pause ORDER BY subscription"""

_VERSIONS = "SELECT DISTINCT subscription, version FROM eventbus_checkpoint ORDER BY subscription, version"


def lag(bound: int = FAR_BEHIND) -> Iterable[Finding]:
    """Unread messages and the age of the oldest, per subscription that has any.

    bound: how many are counted at most, per lane; "over" says that there are more.
    """
    behind = unread(bound)
    if not behind:
        yield Finding("lag", Severity.OK, 0, "Every subscription has read all there is.")
    paused = {name for name, *_ in rows(_PAUSES)}
    for name, wait in behind.items():
        severity = grade(wait.age_seconds, "LAG_SECONDS")
        if name in paused:  # a person's decision, and no reason to close the shop
            severity = min(severity, Severity.WARNING)
            step = f"It is paused: manage.py subscriptions resume {name}"
        else:
            step = _who_delivers(name)
        means = f"{name} has not read {wait}."
        yield Finding("lag", severity, wait.messages, means, step if severity else "")


def _who_delivers(name: str) -> str:
    if any(s.name == name and s.queue == "bridge" for s in subscriptions()):
        return "See that `manage.py bridge` runs, and that its broker answers."
    return "See that `manage.py relay` and a Celery worker for its queue run."


def pauses() -> Iterable[Finding]:
    """Subscriptions that a person has paused."""
    for name, actor, reason, age in rows(_PAUSES):
        means = f"{name} is paused for {span(age)}; its messages wait in the log."
        step = f"manage.py subscriptions resume {name}"
        yield Finding("pauses", Severity.WARNING, round(float(age)), means, step, f" {actor}: {reason}")


def overdue() -> Iterable[Finding]:
    """Deliveries that could run now and have not been tried, per subscription."""
    for name, count, age in rows(_DUE, ["waiting"]):
        severity = grade(float(age), "DUE_SECONDS")
        step = _who_delivers(name) if severity else ""
        means = f"{name} has {count:,} deliveries to try, due for {span(age)}."
        yield Finding("overdue", severity, count, means, step)


def lost_leases() -> Iterable[Finding]:
    """Calls whose lease has ended and that nobody has settled."""
    for name, count, age in rows(_DUE, ["claimed"]):
        yield Finding(
            "leases",
            Severity.WARNING,
            count,
            f"{name} has {count:,} calls whose lease ended {span(age)} ago: a worker died, or the call takes "
            f"longer than its lease.",
            "A worker repeats them with the same idempotency key; if it recurs, raise lease_seconds.",
        )


def dead_letters() -> Iterable[Finding]:
    """Messages that wait for a person's decision."""
    for name, count, streams in rows(_BY_STATE, ["dead"]):
        yield Finding(
            "dead letters",
            grade(count, "DEAD_LETTERS"),
            count,
            f"{name} could not take {count:,} messages; {streams:,} streams wait for a decision.",
            f"manage.py dead_letters list --subscription {name}",
        )


def unknown_messages() -> Iterable[Finding]:
    """Messages that the running workers are too old for, or cannot decode."""
    for name, count, _ in rows(_BY_STATE, ["unknown"]):
        yield Finding(
            "unknown messages",
            grade(count, "UNKNOWN_MESSAGES"),
            count,
            f"{name} has {count:,} messages that no running worker can read.",
            "Deploy the workers with code that reads them; they are taken then, in order.",
        )


def breakers() -> Iterable[Finding]:
    """Dependencies that are down."""
    for dependency, failures, is_open, remaining, error in rows(_BREAKERS):
        when = f"the next probe is in {span(remaining)}" if is_open else "the next call is a probe"
        yield Finding(
            "breakers",
            Severity.WARNING,
            failures,
            f"{dependency} has failed {failures} times in a row; {when}.",
            f"See whether {dependency} answers; its messages wait and go on by themselves.",
            f" Last: {error}",
        )


def lanes() -> Iterable[Finding]:
    """Checkpoints without a subscription, and subscriptions without a checkpoint."""
    known = json.dumps([{"name": name, "shard": shard} for s in subscriptions() for name, shard in s.lanes])
    for name, shard, orphan in rows(_LANES, [known]):
        if orphan:
            yield Finding(
                "lanes",
                Severity.WARNING,
                1,
                f"{name}/{shard} is no lane of this code; its checkpoint keeps the log from being archived.",
                "Where it is gone for good: "
                + dbshell(
                    f"DELETE FROM eventbus_checkpoint WHERE subscription = '{name}' AND shard = {shard}"
                ),
            )
        else:
            means = f"{name}/{shard} has no checkpoint, and nothing is delivered to it."
            yield Finding("lanes", Severity.CRITICAL, 1, means, "manage.py migrate")


def long_sagas() -> Iterable[Finding]:
    """Sagas that have been running for long."""
    for name, count, age in rows(_SAGAS):
        severity = grade(float(age), "SAGA_SECONDS")
        step = (
            "Look at the oldest at /admin/eventbus/sagastate/, and give the saga a timeout."
            if severity
            else ""
        )
        means = f"{count:,} of {name} are running, the oldest for {span(age)}."
        yield Finding("sagas", severity, count, means, step)


def outdated_projections() -> Iterable[Finding]:
    """Projections whose rows were folded by another version of their code."""
    current = {s.name: s.version for s in subscriptions() if s.queue == "projections"}
    for name, version in rows(_VERSIONS):
        if name in current and version != current[name]:
            yield Finding(
                "projections",
                Severity.WARNING,
                version,
                f"{name} is at version {current[name]}, and its rows were folded with version {version}.",
                "manage.py rebuild_projections --outdated",
            )
