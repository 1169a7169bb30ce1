"""What the doctor finds in the database, each ailment really there."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from eventbus import cluster, vital_signs
from eventbus.dispatch import LEADER_LOCK
from eventbus.doctor import Severity, database
from eventbus.doctor.findings import Finding
from eventbus.models import Cluster, Rebuild
from eventbus.partitions import last_position, partitions
from eventbus.rebuilding import REBUILD_LOCK
from tests.eventbus.findings import ALWAYS, limits, text
from tests.eventbus.small_partitions import small_partitions
from tests.eventbus.telling import count
from tests.eventbus.writers import Writer, writers

AGE = "SELECT age(backend_xmin) FROM pg_stat_activity WHERE pid = %s"
pytestmark = pytest.mark.usefixtures("toy_bus")


@pytest.fixture
def elsewhere(toy_bus: None) -> Iterator[psycopg.Connection]:
    """A session in another database of the same server."""
    wanted = {name: connection.settings_dict[name.upper()] for name in ("host", "port", "user", "password")}
    with psycopg.connect(dbname="postgres", **wanted) as session:
        yield session


def pid(writer: Writer) -> int:
    return writer.connection.info.backend_pid


def of(findings: Iterable[Finding], *, pid: int) -> Finding:
    return next(finding for finding in findings if f"pid {pid} " in finding.private)


def test_a_rebuild_that_stopped(writer: Writer) -> None:
    Rebuild.objects.create(projection="toys.counters", version=1, seen="1:1:", position=12)

    assert [text(finding) for finding in database.stopped_rebuilds()] == [
        (
            Severity.WARNING,
            12,
            "The rebuild of toys.counters stopped at position 12, begun 0 s ago.",
            "manage.py rebuild_projections toys.counters",
            "",
        )
    ]
    writer.connection.execute("SELECT pg_advisory_lock(%s)", [REBUILD_LOCK])
    assert [(finding.severity, finding.means) for finding in database.stopped_rebuilds()] == [
        (Severity.OK, "toys.counters is being rebuilt since 0 s, and has come to position 12.")
    ]


def test_who_leads(settings: Settings, writer: Writer, elsewhere: psycopg.Connection) -> None:
    settings.EVENTBUS = {"DISPATCH": "celery"}
    writer.connection.execute("SELECT pg_advisory_lock(%s)", [LEADER_LOCK + 1])
    elsewhere.execute("SELECT pg_advisory_lock(%s)", [LEADER_LOCK])
    assert [text(finding) for finding in database.relay()] == [
        (
            Severity.CRITICAL,
            0,
            "No relay leads: no worker is woken, and no timeout fires.",
            "manage.py relay",
            "",
        )
    ]

    writer.connection.execute("SELECT pg_advisory_lock(%s)", [LEADER_LOCK])
    assert [text(finding) for finding in database.relay()] == [
        (
            Severity.OK,
            pid(writer),
            "A relay leads.",
            "",
            f" It is pid {pid(writer)} (no name, 127.0.0.1), connected for 0 s.",
        )
    ]


def test_who_is_idle_for_a_moment_or_elsewhere_is_no_concern(
    settings: Settings, writer: Writer, elsewhere: psycopg.Connection
) -> None:
    writer.publish(1)
    assert not any(f"pid {pid(writer)} " in found.private for found in database.idle_transactions())

    limits(settings, IDLE_SECONDS=ALWAYS)
    elsewhere.execute("SELECT 1")
    other = elsewhere.info.backend_pid
    assert not any(f"pid {other} " in found.private for found in database.idle_transactions())


def test_a_publisher_that_sits_idle(settings: Settings, writer: Writer) -> None:
    limits(settings, IDLE_SECONDS=ALWAYS)
    writer.publish(1)

    assert text(of(database.idle_transactions(), pid=pid(writer))) == (
        Severity.WARNING,
        0,
        "A session has been idle in its transaction for 0 s and holds back messages it has written.",
        f'manage.py dbshell -- -c "SELECT pg_terminate_backend({pid(writer)})"',
        f" It is pid {pid(writer)} (no name, 127.0.0.1).",
    )


@pytest.mark.parametrize(
    ("_statement", "_holds"),
    [
        ("UPDATE eventbus_checkpoint SET position = position", "holds rows of eventbus_checkpoint"),
        ("SELECT pg_current_xact_id()", "holds back vacuum"),
        ("SELECT 1", "holds a snapshot or a lock to read"),
    ],
)
def test_what_an_idle_session_holds(_statement: str, _holds: str, settings: Settings, writer: Writer) -> None:
    limits(settings, IDLE_SECONDS=ALWAYS)
    writer.connection.execute(_statement)

    means = of(database.idle_transactions(), pid=pid(writer)).means
    assert means == f"A session has been idle in its transaction for 0 s and {_holds}."


def test_who_keeps_vacuum_from_its_work(settings: Settings) -> None:
    limits(settings, XMIN_AGE_TRANSACTIONS=ALWAYS)
    with writers(2) as holders:
        for holder in holders:
            holder.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            holder.connection.execute("SELECT 1")
            count(1, 2)
        ages = [holder.connection.execute(AGE, [pid(holder)]).fetchone() for holder in holders]
        (found,) = database.oldest_xmin()

    (old,), (young,) = filter(None, ages)
    assert found.number >= old >= young
    assert found.severity is Severity.WARNING
    assert found.means == f"Dead rows of the last {found.number:,.0f} transactions cannot be removed."
    assert "pid " in found.private


def test_dead_rows_that_vacuum_has_left(settings: Settings) -> None:
    limits(settings, DEAD_TUPLES=(1, 1e9))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM eventbus_checkpoint")
        cursor.execute("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'eventbus_checkpoint'")
        cursor.execute("UPDATE eventbus_checkpoint SET position = position")
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT count(*) FROM eventbus_checkpoint")
        (lanes,) = cursor.fetchone()

    (found,) = [f for f in database.dead_tuples() if f.means.startswith("eventbus_checkpoint ")]
    assert found.severity is Severity.WARNING
    assert found.number >= lanes
    assert found.step == 'manage.py dbshell -- -c "VACUUM (ANALYZE) eventbus_checkpoint"'


def test_clocks_that_differ() -> None:
    (found,) = database.clock(timezone.now() + timedelta(seconds=40))

    assert text(found) == (
        Severity.CRITICAL,
        40.0,
        "The clocks of this process and of the database differ by 40.0 s.",
        "Let NTP set both: timeouts and retries are due by the process's clock.",
        "",
    )


def test_a_log_of_another_cluster() -> None:
    Cluster.objects.update(system_identifier=42)
    try:
        (found,) = database.identity()
        (sign, *_) = vital_signs()
    finally:
        cluster.stamp()

    assert sign == found
    assert found.severity is Severity.CRITICAL
    assert found.means == (
        f"The log was written in the Postgres cluster with system identifier 42, and this one's is "
        f"{cluster.look().actual}: nothing is delivered or published."
    )
    assert found.step == "manage.py rebase_log"


def test_a_cluster_that_is_not_on_record() -> None:
    Cluster.objects.all().delete()
    try:
        (found,) = database.identity()
    finally:
        cluster.stamp()

    assert (found.severity, found.step) == (Severity.WARNING, "manage.py migrate")


def test_who_holds_back_a_full_partition() -> None:
    with small_partitions(5):
        count(*range(1, 8))

        assert [text(finding) for finding in database.held_back()] == [
            (
                Severity.OK,
                5,
                "eventbus_message_000000000000000 is held back: toys.counters/0 has not read it to the end; "
                "toys.listener/0 has not read it to the end.",
                "manage.py archive_log",
                "",
            )
        ]


def test_a_log_without_a_partition_ahead() -> None:
    (last,) = [part for part in partitions() if part.start > last_position()]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE eventbus_message DETACH PARTITION "{last.name}"')
    try:
        (found,) = database.room_ahead()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                f'ALTER TABLE eventbus_message ATTACH PARTITION "{last.name}" '
                f"FOR VALUES FROM ({last.start}) TO ({last.end})"
            )

    room = last.start - last_position() - 1
    assert text(found) == (
        Severity.WARNING,
        room,
        f"The log has room for {room:,} more messages in its partitions.",
        "manage.py migrate",
        "",
    )
