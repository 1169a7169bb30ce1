"""Old partitions leave the log and come back, and nobody is held up, passed over, or told half a story."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from eventbus import archiving, backdated, partitions, publish, read_stream
from eventbus.errors import ArchivedStream, ArchiveRefused, RebuildRefused
from eventbus.models import Act, Archive, Checkpoint, Delivery, Message
from eventbus.partitions import ensure_ahead
from eventbus.testing import assert_rebuilds, drain
from tests.eventbus import toys
from tests.eventbus.archives import (
    FIRST,
    NEXT_YEAR,
    SECOND,
    archive_log,
    archived_tables,
    attached,
    count,
    fill,
    rows,
    states,
)
from tests.eventbus.toys import Counted, CounterRow, Counters, Opened
from tests.eventbus.writers import writers

pytestmark = pytest.mark.usefixtures("log_in_tens")


def fail(message: object) -> None:
    raise ValueError("no")


def test_what_all_have_passed_can_go_and_the_rest_is_live() -> None:
    fill()

    assert states() == ["passed", "passed", "live", "live"]


def test_somebody_elses_open_transaction_does_not_keep_a_partition_that_all_have_read() -> None:
    """Of another database, or with nothing of the log: its id is older than those of the partition."""
    with writers(1) as (elsewhere,):
        elsewhere.take_xid()
        fill()
        (first, *_) = partitions.partitions()

        archive = archiving.detach(first, archiving.survey(first), actor="me", patience_seconds=5)

    assert (archive.name, archive.messages) == (FIRST, 9)


def test_a_partition_goes_and_comes_back_with_identical_rows() -> None:
    fill()
    before = rows()

    output = archive_log("--before", NEXT_YEAR)

    assert output.splitlines() == [f"{FIRST} archived: 9 messages.", f"{SECOND} archived: 10 messages."]
    assert [row[0] for row in rows()] == [*range(20, 26)]
    assert list(
        Archive.objects.order_by("start").values_list("name", "start", "end", "messages", "file")
    ) == [
        (FIRST, 0, 10, 9, ""),
        (SECOND, 10, 20, 10, ""),
    ]
    archive_log("--restore", FIRST)
    archive_log("--restore", SECOND)
    assert rows() == before
    assert (Archive.objects.count(), states()) == (0, ["passed", "passed", "live", "live"])


def test_a_file_brings_back_identical_rows_and_delivery_goes_on(tmp_path: Path) -> None:
    fill()
    before = rows()
    archive_log("--before", NEXT_YEAR, "--to", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{FIRST}.gz", f"{SECOND}.gz"]
    assert archived_tables() == []

    archive_log("--restore", FIRST)
    archive_log("--restore", tmp_path / f"{SECOND}.gz")

    assert rows() == before
    toys.handled.clear()
    count(26)
    drain()
    assert [message.number for message in toys.handled] == [26]  # type: ignore[union-attr]
    assert CounterRow.objects.get().numbers == [*range(1, 27)]
    assert_rebuilds(Counters)


def test_a_restored_partition_is_as_migrations_made_it() -> None:
    fill()
    before = shape(FIRST)
    archive_log("--before", NEXT_YEAR)

    archive_log("--restore", FIRST)

    assert shape(FIRST) == before


def shape(table: str) -> list[tuple[Any, ...]]:
    """A table's columns and indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT attname::text, format_type(atttypid, atttypmod), attnotnull, attidentity::text
            FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
            UNION ALL SELECT indexname, indexdef, NULL, NULL FROM pg_indexes WHERE tablename = %s 
            ORDER BY 1""",
            [table, table],
        )
        return cursor.fetchall()  # type: ignore[no-any-return]


def test_a_partition_with_a_newer_message_stays() -> None:
    with backdated(datetime(2010, 12, 1, tzinfo=UTC)):
        fill(9)
    fill(16)

    assert archive_log("--before", "2011-01-01") == f"{FIRST} archived: 9 messages.\n"


def test_a_dry_run_changes_nothing() -> None:
    fill(15)

    assert archive_log("--before", NEXT_YEAR, "--dry-run") == f"{FIRST} would be archived: 9 messages.\n"

    assert (attached()[0], Act.objects.count()) == (FIRST, 0)


def test_each_act_is_on_record(tmp_path: Path) -> None:
    fill(15)

    archive_log("--before", NEXT_YEAR, "--to", tmp_path)
    archive_log("--restore", FIRST)

    assert list(Act.objects.order_by("pk").values_list("act", "reason")) == [
        ("archive", f"{FIRST}, 9 messages"),
        ("archive", f"{FIRST} written to {tmp_path / FIRST}.gz"),
        ("restore", f"{FIRST}, 9 messages"),
    ]
    assert all(Act.objects.values_list("actor", flat=True))


def a_lane_that_has_not_read() -> str:
    Checkpoint.objects.filter(subscription="toys.counters").update(seen="1:1:")
    return "toys.counters/0 has not read it to the end"


def a_lane_of_nobody() -> str:
    Checkpoint.objects.create(subscription="gone", seen="1:1:")
    return "gone/0 is no subscription of this code; delete its checkpoint where it is gone for good"


def a_dead_letter() -> str:
    delivery = {"stream": "counter-a", "shard": 0, "due_at": timezone.now()}
    Delivery.objects.create(subscription="toys.listener", message_id=9, state="dead", **delivery)
    return "toys.listener 1 of its messages wait, 1 of them dead"


def a_rebuild() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO eventbus_rebuild (projection, version, seen, position, skipped, started_at) "
            "VALUES ('toys.counters', 1, '1:1:', 0, '[]', now())"
        )
    return "toys.counters is being rebuilt and has not read it to the end"


@pytest.mark.parametrize("holder", [a_lane_that_has_not_read, a_lane_of_nobody, a_dead_letter, a_rebuild])
def test_who_holds_a_partition_back_is_named_and_it_stays(holder: Callable[[], str]) -> None:
    fill(15)
    name = holder()

    with pytest.raises(
        CommandError, match="Not everything older than 2999-01-01 could be archived"
    ) as refused:
        archive_log("--before", NEXT_YEAR)

    assert f"{FIRST} is held back: {name}" in str(refused.value)
    assert f"held back: {name}" in archive_log()
    assert [(str(held), held.partition.name) for held in archiving.held_back()] == [
        (f"held back: {name}", FIRST)
    ]
    assert attached()[0] == FIRST


def test_a_timeout_set_by_an_old_message_holds_it_back() -> None:
    with transaction.atomic():
        publish(Opened(door_id=UUID(int=7)))
    fill(15)

    assert states()[0] == "held back: toys.door 1 of its timeouts were set by messages in it"


def test_a_lane_that_has_nothing_of_its_own_in_it_holds_nothing_back() -> None:
    fill(15)
    Checkpoint.objects.filter(subscription="toys.silence").update(seen="1:1:")

    assert states()[0] == "passed"


def test_a_holder_that_comes_at_the_last_moment_still_holds() -> None:
    fill(15)
    first = partitions.partitions()[0]
    found = archiving.survey(first)
    a_dead_letter()

    with pytest.raises(ArchiveRefused, match=rf"^{FIRST} stays in the log: held back: toys\.listener"):
        archiving.detach(first, found, actor="me")


def test_an_idle_publisher_is_named_and_nothing_is_changed() -> None:
    fill(15)
    with writers(1) as (idle,):
        idle.publish(1)
        with pytest.raises(CommandError) as refused:
            archive_log("--before", NEXT_YEAR, "--patience", 0)
        pid = idle.connection.info.backend_pid

    assert f"{FIRST} could not be taken out of the log: pid {pid} (idle in transaction, for " in str(
        refused.value
    )
    assert attached()[0] == FIRST


def test_a_publisher_that_commits_into_it_at_the_last_moment_is_counted() -> None:
    with writers(1) as (late,):
        late.publish(100)
        fill(15)
        first = partitions.partitions()[0]
        found = archiving.survey(first)
        late.commit()
        drain()

    archive = archiving.detach(first, found, actor="me")

    assert (found.messages, archive.messages) == (8, 9)


def test_a_publisher_of_it_that_is_still_open_keeps_it() -> None:
    """Its message would be lost: no lane has read it, and no lane can tell."""
    with writers(1) as (late,):
        late.publish(100)
        fill(15)
        with pytest.raises(CommandError, match=f"{FIRST} could not be taken out"):
            archive_log("--before", NEXT_YEAR, "--patience", 0)
        late.commit()
    with pytest.raises(CommandError, match=r"toys\.counters/0 has not read it to the end"):
        archive_log("--before", NEXT_YEAR)
    drain()

    assert archive_log("--before", NEXT_YEAR) == f"{FIRST} archived: 9 messages.\n"
    assert CounterRow.objects.get().total == sum(range(16)) + 100


def test_publishing_goes_on_while_partitions_leave_and_return(tmp_path: Path) -> None:
    fill()
    published: list[int] = []
    stop = threading.Event()

    def publisher() -> None:
        with writers(1) as (writer,):
            writer.connection.execute("SET lock_timeout = '5s'")
            number = 1000
            while not stop.is_set():
                writer.publish(number)
                writer.commit()
                published.append(number)
                number += 1

    with override_settings(EVENTBUS={"PARTITION_SIZE": 1_000_000}):
        for number in range(26, 31):
            count(number)
        thread = threading.Thread(target=publisher)
        thread.start()
        try:
            archive_log("--before", timezone.now().isoformat(), "--to", tmp_path)
            for archive in Archive.objects.order_by("start"):
                archive_log("--restore", archive.name)
        finally:
            stop.set()
            thread.join()
    drain()

    assert published
    assert CounterRow.objects.get().numbers == [*range(1, 31), *published]
    assert_rebuilds(Counters)


def test_a_shortened_history_is_refused() -> None:
    for revision in range(1, 16):
        with transaction.atomic():
            publish(Counted(counter="b", number=revision), revision=revision)
            ensure_ahead()
    drain()
    archive_log("--before", NEXT_YEAR)

    with pytest.raises(
        ArchivedStream, match=r"^counter-b cannot be read: 9 of its revisions after 0 are archived"
    ):
        read_stream("counter-b")
    assert [e.revision for e in read_stream("counter-b", after=9)] == [*range(10, 16)]


def test_a_stream_that_is_archived_whole_is_refused_too() -> None:
    with transaction.atomic():
        publish(Counted(counter="b", number=1), revision=1)
    fill(15)
    archive_log("--before", NEXT_YEAR)

    with pytest.raises(ArchivedStream):
        read_stream("counter-b")
    assert read_stream("counter-none") == []


def test_an_early_moment_of_a_whole_stream_is_just_empty() -> None:
    with transaction.atomic():
        publish(Counted(counter="b", number=1), revision=1)

    assert read_stream("counter-b", until=timezone.now() - timedelta(days=1)) == []


def test_a_rebuild_over_an_archived_log_is_refused() -> None:
    fill(15)
    archive_log("--before", NEXT_YEAR)

    with pytest.raises(
        RebuildRefused, match=rf"^toys\.counters cannot be folded from the log: {FIRST} are archived"
    ):
        assert_rebuilds(Counters)

    archive_log("--restore", FIRST)
    assert_rebuilds(Counters)


def test_a_projection_that_is_new_waits_for_the_whole_history(caplog: pytest.LogCaptureFixture) -> None:
    fill(15)
    archive_log("--before", NEXT_YEAR)
    Checkpoint.objects.filter(subscription="toys.counters").delete()
    CounterRow.objects.all().delete()

    drain()

    assert not CounterRow.objects.exists()
    (said,) = [vars(record)["reason"] for record in caplog.records if record.message == "projection_withheld"]
    assert f"toys.counters cannot start: {FIRST} are archived" in said
    archive_log("--restore", FIRST)
    drain()
    assert CounterRow.objects.get().numbers == [*range(1, 16)]


def test_messages_of_another_cluster_return_as_seen() -> None:
    fill(15)
    archive_log("--before", NEXT_YEAR)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE eventbus_archive.{FIRST} SET xid = '9000000000'")
    toys.handled.clear()

    assert "9 of them bore transaction ids of another cluster" in archive_log("--restore", FIRST)

    assert (drain(), toys.handled) == (0, [])
    assert Message.objects.count() == 15


def test_the_list_shows_what_is_archived_and_where(tmp_path: Path) -> None:
    fill()
    archive_log("--before", NEXT_YEAR, "--to", tmp_path)

    listed = archive_log().splitlines()

    assert [line.split()[0] for line in listed[1:]] == [FIRST, SECOND, *attached()]
    assert listed[1].endswith(f"archived ({tmp_path / FIRST}.gz)")
    assert listed[3].endswith("live")


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="yesterday is no date: write 2026-01-31"):
        archive_log("--before", "yesterday")


def test_nothing_archived_bears_that_name() -> None:
    with pytest.raises(CommandError, match=r"^nothing is no file and no archive; archived are: none"):
        archive_log("--restore", "nothing")
