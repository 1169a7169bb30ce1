"""What waits on the bus, and why. Each check is one query of bounded cost."""

import json
from collections.abc import Iterable
from typing import Any

from eventbus.doctor.findings import Finding, Severity, dbshell, grade, rows, span
from eventbus.subscriptions import subscriptions

Lane = dict[str, Any]
FURTHER = 100
FAR_BEHIND = 10_000
"""How many unread messages a lane is asked for at most."""

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

_DUE = """
SELECT subscription, count(*), extract(epoch FROM now() - min(due_at)) FROM eventbus_delivery
WHERE state IN ('waiting', 'claimed') AND due_at < now()
  AND NOT EXISTS (SELECT FROM eventbus_delivery AS earlier
                  WHERE earlier.subscription = eventbus_delivery.subscription
                    AND earlier.stream = eventbus_delivery.stream
                    AND earlier.message_id < eventbus_delivery.message_id)
  AND state = %s
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

_VERSIONS = "SELECT DISTINCT subscription, version FROM eventbus_checkpoint ORDER BY subscription, version"


def _lanes() -> list[Lane]:
    return [
        {"name": s.name, "shard": shard, "shards": s.shards, "types": s.types}
        for s in subscriptions()
        for shard in range(s.shards)
    ]


def lag(bound: int = FAR_BEHIND) -> Iterable[Finding]:
    """Unread messages and the age of the oldest, per subscription that has any.

    bound: how many are counted at most, per lane; "over" says that there are more.
    """
    behind = _unread(_lanes(), bound)
    if not behind:
        yield Finding("lag", Severity.OK, 0, "Every subscription has read all there is.")
    for name, count, more, age in behind:
        wait = f"{'over ' if more else ''}{count:,} messages, the oldest published {span(age)} ago"
        severity = grade(float(age), "LAG_SECONDS")
        step = "See that `manage.py relay` and a Celery worker for its queue run." if severity else ""
        yield Finding("lag", severity, int(count), f"{name} has not read {wait}.", step)


def _unread(lanes: list[Lane], bound: int) -> list[tuple[Any, ...]]:
    """Name, unread messages, whether there are more, and the oldest's age, of each subscription behind.

    Where the first ones it has not read hold none for it, a hundred times as many are looked at.
    """
    found = rows(_LAG, {"lanes": json.dumps(lanes), "bound": bound})
    hidden = {name for name, wanted, more, _ in found if more and not wanted}
    if hidden and bound <= FAR_BEHIND:
        found += _unread([lane for lane in lanes if lane["name"] in hidden], bound * FURTHER)
    return sorted(row for row in found if row[1])


def overdue() -> Iterable[Finding]:
    """Deliveries that could run now and have not been tried, per subscription."""
    for name, count, age in rows(_DUE, ["waiting"]):
        severity = grade(float(age), "DUE_SECONDS")
        step = "See that `manage.py relay` and a Celery worker for its queue run." if severity else ""
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
    """Messages that the running workers are too old for."""
    for name, count, _ in rows(_BY_STATE, ["unknown"]):
        yield Finding(
            "unknown messages",
            grade(count, "UNKNOWN_MESSAGES"),
            count,
            f"{name} has {count:,} messages that no running worker has a class for.",
            "Deploy the workers with the code that publishes them; they are taken then, in order.",
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
