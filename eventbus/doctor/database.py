"""What the database says about the bus. Each check is one query."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from eventbus import cluster as clusters
from eventbus import dispatch, partitions
from eventbus.doctor.findings import Finding, Severity, dbshell, grade, rows, span
from eventbus.sql import HELD_LOCKS

ADVISORY = f"""
SELECT l.pid, a.application_name, coalesce(host(a.client_addr), 'local'),
       extract(epoch FROM now() - a.backend_start)
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE {HELD_LOCKS}"""

_IDLE = """
SELECT a.pid, a.application_name, coalesce(host(a.client_addr), 'local'),
       extract(epoch FROM now() - a.state_change), a.backend_xid IS NOT NULL,
       ARRAY(SELECT DISTINCT c.relname FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
             WHERE l.pid = a.pid AND l.mode = 'RowExclusiveLock' AND c.relkind IN ('r', 'p')
               AND NOT c.relispartition ORDER BY 1)::text[]
FROM pg_stat_activity AS a
WHERE a.datname = current_database() AND a.state LIKE 'idle in transaction%' ORDER BY a.xact_start"""

_DEAD_TUPLES = """
SELECT relname, n_dead_tup, n_live_tup FROM pg_stat_user_tables
WHERE relname LIKE 'eventbus\\_%' AND n_dead_tup > 0 ORDER BY n_dead_tup DESC, relname"""

_XMIN = """
SELECT holder, age, step FROM (
    SELECT 'pid ' || pid AS holder, age(backend_xmin) AS age,
           'SELECT pg_terminate_backend(' || pid || ')' AS step
    FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
    UNION ALL
    SELECT 'replication slot ' || slot_name, greatest(age(xmin), age(catalog_xmin)),
           'SELECT pg_drop_replication_slot(''' || slot_name || ''')'
    FROM pg_replication_slots
    UNION ALL
    SELECT 'prepared transaction ' || gid, age(transaction), 'ROLLBACK PREPARED ''' || gid || ''''
    FROM pg_prepared_xacts) AS holders
WHERE age IS NOT NULL ORDER BY age DESC LIMIT 1"""

_REBUILDS = """
SELECT projection, extract(epoch FROM now() - started_at), position, EXISTS (
    SELECT FROM eventbus_rebuildjob AS job
    WHERE job.projection = eventbus_rebuild.projection AND job.state IN ('asked', 'running'))
FROM eventbus_rebuild ORDER BY projection"""


def identity() -> Iterable[Finding]:
    """Whether the log speaks of this cluster; the number is the highest transaction id it knows."""
    found = clusters.look()
    if found.problem:
        means = f"{found.problem}: nothing is delivered or published."
        yield Finding("cluster", Severity.CRITICAL, found.highest, means, "manage.py rebase_log")
    elif found.stored is None:
        means = f"The log's cluster is not on record; this one's system identifier is {found.actual}."
        yield Finding("cluster", Severity.WARNING, found.highest, means, "manage.py migrate")
    else:
        means = f"The log is at home in this cluster, system identifier {found.actual}."
        yield Finding("cluster", Severity.OK, found.highest, means)


def relay() -> Iterable[Finding]:
    """Who leads: wakes the workers."""
    leaders = rows(ADVISORY, [dispatch.LEADER_LOCK])
    for pid, application, client, age in leaders:
        who = f" It is pid {pid} ({application or 'no name'}, {client}), connected for {span(age)}."
        yield Finding("relay", Severity.OK, pid, "A relay leads.", private=who)
    if not leaders and dispatch.mode() == "celery":
        means = "No relay leads: no worker is woken, and no timeout fires."
        yield Finding("relay", Severity.CRITICAL, 0, means, "manage.py relay")
    elif not leaders:
        yield Finding("relay", Severity.OK, 0, f'No relay is needed: DISPATCH is "{dispatch.mode()}".')


def idle_transactions() -> Iterable[Finding]:
    """Sessions that have left a transaction open and do nothing."""
    for pid, application, client, age, writes, tables in rows(_IDLE):
        severity = grade(float(age), "IDLE_SECONDS")
        if not severity:
            continue
        holds = _holdings(tables, writes=writes)
        yield Finding(
            "idle transactions",
            severity,
            round(float(age)),
            f"A session has been idle in its transaction for {span(age)} and {holds}.",
            dbshell(f"SELECT pg_terminate_backend({pid})"),
            f" It is pid {pid} ({application or 'no name'}, {client}).",
        )


def _holdings(tables: list[str], *, writes: bool) -> str:
    if "eventbus_message" in tables:
        return "holds back messages it has written"
    if tables:
        return f"holds rows of {', '.join(tables)}"
    return "holds back vacuum" if writes else "holds a snapshot or a lock to read"


def dead_tuples() -> Iterable[Finding]:
    """Tables of the bus that vacuum has not kept up with."""
    for table, dead, live in rows(_DEAD_TUPLES):
        if severity := grade(dead, "DEAD_TUPLES"):
            means = f"{table} has {dead:,} dead rows beside {live:,} live ones."
            yield Finding("dead tuples", severity, dead, means, dbshell(f"VACUUM (ANALYZE) {table}"))


def oldest_xmin() -> Iterable[Finding]:
    """Who keeps vacuum from removing dead rows, and for how many transactions."""
    for holder, age, step in rows(_XMIN):
        severity = grade(age, "XMIN_AGE_TRANSACTIONS")
        yield Finding(
            "xmin",
            severity,
            age,
            f"Dead rows of the last {age:,} transactions cannot be removed.",
            dbshell(step) if severity else "",
            f" The oldest snapshot is that of {holder}.",
        )


def clock(now: datetime | None = None) -> Iterable[Finding]:
    """How far this process's clock is from the database's. now: this process's time; default its clock's."""
    ((database,),) = rows("SELECT clock_timestamp()")
    difference = abs((database - (now or timezone.now())).total_seconds())
    severity = grade(difference, "CLOCK_SECONDS")
    means = f"The clocks of this process and of the database differ by {difference:.1f} s."
    step = "Let NTP set both: timeouts and retries are due by the process's clock." if severity else ""
    yield Finding("clock", severity, round(difference, 1), means, step)


def stopped_rebuilds() -> Iterable[Finding]:
    """Rebuilds that were begun and that nobody works on."""
    from eventbus.rebuilding import REBUILD_LOCK  # noqa: PLC0415  (needs the models, which health checks do not)

    running = bool(rows(ADVISORY, [REBUILD_LOCK]))
    for projection, age, position, has_workers in rows(_REBUILDS):
        if running or has_workers:
            means = f"{projection} is being rebuilt since {span(age)}, and has come to position {position:,}."
            yield Finding("rebuilds", Severity.OK, position, means)
        else:
            means = f"The rebuild of {projection} stopped at position {position:,}, begun {span(age)} ago."
            step = f"manage.py rebuild_projections {projection}"
            yield Finding("rebuilds", Severity.WARNING, position, means, step)


def room_ahead() -> Iterable[Finding]:
    """Whether the log has partitions for the messages to come."""
    last, found = partitions.last_position(), partitions.partitions()
    room = max((partition.end for partition in found), default=0) - last - 1
    empty = any(partition.start > last for partition in found)
    severity = Severity.OK if empty else Severity.CRITICAL if room <= 0 else Severity.WARNING
    means = f"The log has room for {room:,} more messages in its partitions."
    step = "" if empty else "manage.py migrate"
    yield Finding("partitions", severity, room, means, step)


def held_back() -> Iterable[Finding]:
    """Full partitions that cannot be archived."""
    from eventbus.archiving import held_back as standings  # noqa: PLC0415  (needs the models)

    for standing in standings():
        means = f"{standing.partition.name} is {standing}."
        number = standing.partition.end - standing.partition.start
        yield Finding("archiving", Severity.OK, number, means, "manage.py archive_log")
