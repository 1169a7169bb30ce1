"""What a look for news reads: the news, however many messages there are and however little Postgres knows."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest
from django.db import connection, transaction
from django.utils import timezone

from eventbus import log, publish, published_ids, wait_until_seen
from eventbus.lanes import deliver_lane
from eventbus.log import Progress, Selection
from eventbus.partitions import partitions
from eventbus.preparing import planned_once
from eventbus.snapshots import NOTHING
from eventbus.subscriptions import subscription
from eventbus.testing import drain
from eventbus.watching import LogWatch, lanes_behind
from tests.eventbus.long_log import entries_read, shared_out
from tests.eventbus.small_partitions import small_partitions
from tests.eventbus.toys import Counted

MESSAGES = 20_000
ENOUGH_TO_KEEP_A_PLAN = 12
Look = Callable[[], object]


@pytest.fixture(autouse=True)
def empty_log(toy_bus: None) -> Iterator[None]:
    with small_partitions(1_000_000):
        leave_uncounted()
        yield


def leave_uncounted() -> None:
    """Autovacuum may count a partition at any moment; a look then plans anew, which reads an index's end."""
    with connection.cursor() as cursor:
        for partition in partitions():
            cursor.execute(f'ALTER TABLE "{partition.name}" SET (autovacuum_enabled = false)')


def look_at_a_lane() -> None:
    assert sum(deliver_lane(subscription("toys.counters"), 0, timezone.now())) == 0


@transaction.atomic
def count(messages: int) -> None:
    publish(*(Counted(counter=f"c{number}", number=number) for number in range(messages)))


@pytest.mark.parametrize("there", [0, 10])
@pytest.mark.parametrize("look", [look_at_a_lane, lanes_behind, "the relay's"])
def test_a_plan_that_was_made_for_a_small_partition_reads_nothing_of_a_full_one(
    look: Look | str, there: int
) -> None:
    count(there)
    drain()
    analyze()
    watch = LogWatch()
    looks = look if callable(look) else watch.woken
    with nullcontext() if callable(look) else planned_once():
        for _ in range(ENOUGH_TO_KEEP_A_PLAN):
            looks()
        count(MESSAGES)
        drain()
        watch.woken()

        assert entries_read(looks) == 0


@pytest.mark.parametrize("there", [0, 10])
def test_waiting_for_a_message_reads_it_and_nothing_else_of_a_partition_that_was_small(there: int) -> None:
    def look() -> None:
        assert wait_until_seen(ids[0], "toys.counters", seconds=0) == "behind"

    count(there)
    drain()
    analyze()
    with published_ids() as ids:
        count(1)
    for _ in range(ENOUGH_TO_KEEP_A_PLAN):
        look()
    before = entries_read(look)
    count(MESSAGES)

    assert entries_read(look) == before


def test_no_look_is_shared_out_among_processes() -> None:
    def wait() -> None:
        assert wait_until_seen(ids[0], "toys.counters", seconds=0) == "behind"

    def walk() -> None:
        progress = Progress(NOTHING, log.visible_now())
        for _ in range(2):
            _, progress = log.read(progress, Selection(["toys.counted"]), 5)

    with published_ids() as ids:
        count(10)

    for look in (LogWatch().woken, wait, walk, lanes_behind, drain):
        assert shared_out(look) == []


def analyze() -> None:
    """Tell Postgres how small the partitions are."""
    with connection.cursor() as cursor:
        for partition in partitions():
            cursor.execute(f'ANALYZE "{partition.name}"')
