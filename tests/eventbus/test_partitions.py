"""The log in partitions: room is made ahead, and nothing is lost where one ends."""

import threading

import pytest
from django.db import connection, transaction
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from eventbus import partitions, publish
from eventbus.partitions import ensure_ahead
from eventbus.testing import assert_rebuilds, drain
from tests.eventbus.readers import SnapshotReader
from tests.eventbus.toys import Counted, CounterRow, Counters
from tests.eventbus.writers import writers

pytestmark = pytest.mark.usefixtures("log_in_tens")
SIZE = 10


@transaction.atomic
def count(*numbers: int) -> None:
    publish(*(Counted(counter="a", number=number) for number in numbers))


def bounds() -> list[tuple[int, int]]:
    return [(partition.start, partition.end) for partition in partitions.partitions()]


def test_a_whole_empty_partition_is_kept_ahead() -> None:
    assert bounds() == [(0, 10), (10, 20)]

    count(*range(9))
    assert ensure_ahead() == []
    count(10)

    assert ensure_ahead() == ["eventbus_message_000000000000020"]
    assert bounds() == [(0, 10), (10, 20), (20, 30)]


def test_nothing_to_do_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        ensure_ahead()


def test_another_size_counts_from_the_last_bound_on() -> None:
    with override_settings(EVENTBUS={"PARTITION_SIZE": 7}):
        count(*range(10))
        ensure_ahead()

    assert bounds() == [(0, 10), (10, 20), (20, 27)]


def test_delivery_makes_room_ahead() -> None:
    for start in range(0, 60, 8):
        count(*range(start, start + 8))
        drain()

    assert bounds()[-1] == (70, 80)


def test_a_new_partition_waits_for_no_publisher_nor_publishers_for_it() -> None:
    with writers(2) as (idle, other):
        idle.publish(1)
        count(*range(9))

        room = transaction.atomic(ensure_ahead)
        with transaction.atomic():
            assert room() == ["eventbus_message_000000000000020"]
            other.connection.execute("SET lock_timeout = '2s'")
            other.publish(2)
            other.commit()
        idle.commit()

    assert SnapshotReader(batch=50).read_all() == [1, *range(9), 2]


def test_a_lock_on_the_log_holds_up_neither_delivery_nor_for_ever_the_new_partition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(partitions, "_PATIENCE", "10ms")
    count(*range(10))
    with writers(1) as (vacuum,):
        vacuum.connection.execute("LOCK TABLE ONLY eventbus_message IN SHARE UPDATE EXCLUSIVE MODE")
        drain()

    assert CounterRow.objects.get().numbers == [*range(10)]
    assert bounds() == [(0, 10), (10, 20)]
    assert ensure_ahead() == ["eventbus_message_000000000000020"]


def test_of_two_processes_at_once_one_makes_it() -> None:
    count(*range(10))
    made: list[list[str]] = []

    def other() -> None:
        made.append(ensure_ahead())
        connection.close()

    with transaction.atomic():
        made.append(ensure_ahead())
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)

    assert made == [["eventbus_message_000000000000020"], []]


@pytest.mark.parametrize("batch", [1, 3, 7, 100])
def test_a_boundary_inside_a_batch_window_or_stream_loses_nothing(batch: int) -> None:
    reader = SnapshotReader(batch)
    with writers(1) as (late,):
        late.publish(100)
        count(*range(1, 8))
        first = reader.read_all()
        count(*range(8, 12))
        late.publish(101)
        late.commit()
        second = reader.read_all()
    ensure_ahead()
    count(*range(12, 25))

    assert (first, second, reader.read_all()) == (
        [*range(1, 8)],
        [100, *range(8, 12), 101],
        [*range(12, 25)],
    )


def test_a_publisher_that_took_a_position_before_the_boundary_commits_after_it() -> None:
    with writers(1) as (late,):
        late.publish(100)
        for start in (0, 8, 16):
            count(*range(start, start + 8))
            drain()
        late.commit()
    drain()

    assert CounterRow.objects.get().numbers == [*range(24), 100]


def test_a_projection_over_several_partitions_is_rebuilt() -> None:
    for start in range(0, 40, 8):
        count(*range(start, start + 8))
        drain()

    assert_rebuilds(Counters)
    assert CounterRow.objects.get().total == sum(range(40))


def test_a_partition_knows_its_times_and_its_room() -> None:
    count(*range(9))
    (first, second) = partitions.partitions()

    assert partitions.edges(first).first_at is not None
    assert partitions.edges(second) == partitions.Edges(None, None)
    assert (partitions.last_position(), first.bytes > second.bytes) == (9, True)
