"""What is settled: full partitions are not asked for news, and whoever still writes to them is heard."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from eventbus import publish
from eventbus.lanes import deliver_lane
from eventbus.log import Settled, settled_now
from eventbus.models import Checkpoint, Cluster
from eventbus.partitions import ensure_ahead
from eventbus.rebasing import rebase
from eventbus.snapshots import Snapshot
from eventbus.subscriptions import subscription
from eventbus.testing import drain
from eventbus.watching import LogWatch, lanes_behind
from tests.eventbus.long_log import partitions_asked
from tests.eventbus.telling import tell
from tests.eventbus.toys import Announced, Counted, CounterRow
from tests.eventbus.writers import Writer, writers

pytestmark = pytest.mark.usefixtures("log_in_tens")
SIZE = 10
LANE = ("toys.counters", 0)
INSERT = """
INSERT INTO eventbus_message (position, id, kind, type, version, stream, shard, data, headers, correlation_id,
                              occurred_at)
VALUES (%s, gen_random_uuid(), 'event', 'toys.counted', 1, 'counter-b', 0, '{"counter": "b", "number": 1}',
        '{}', gen_random_uuid(), now())"""


@pytest.fixture
def other(log_in_tens: None) -> Iterator[Writer]:
    with writers(1) as (one,):
        yield one


@pytest.fixture
def quiet_server(log_in_tens: None) -> None:
    """Transactions are counted for all databases of a server together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xip(pg_current_snapshot())")
        if cursor.fetchone():
            pytest.skip("another transaction is open on this server")


def count(*numbers: int) -> None:
    """Publish, and keep room ahead as the relay does."""
    for start in range(0, len(numbers), SIZE):
        with transaction.atomic():
            publish(*(Counted(counter="a", number=number) for number in numbers[start : start + SIZE]))
        ensure_ahead()


def numbers() -> list[int]:
    return sorted(number for row in CounterRow.objects.all() for number in row.numbers)


def look_at_a_lane() -> None:
    assert sum(deliver_lane(subscription(LANE[0]), LANE[1], timezone.now())) == 0


@pytest.mark.usefixtures("quiet_server")
@pytest.mark.parametrize("look", [look_at_a_lane, lanes_behind, "the relay's"])
def test_a_look_asks_no_full_partition(look: Callable[[], object] | str) -> None:
    watch = LogWatch()
    count(*range(36))
    drain()
    drain()
    watch.woken()

    asked = partitions_asked(look if callable(look) else watch.woken)

    assert asked == {"eventbus_message_000000000000030", "eventbus_message_000000000000040"}


def test_what_a_reader_has_seen_running_is_looked_for_everywhere_until_it_has_seen_it_end() -> None:
    settled = Settled(position=20, xid=100, ended=False)

    assert settled.floors(Snapshot(100, 120)) == {"floor": 20, "running_floor": 20}
    assert settled.floors(Snapshot(99, 120, (99,))) == {"floor": 20, "running_floor": 0}
    assert settled.floors(Snapshot(99, 99)) == {"floor": 0, "running_floor": 0}
    assert Settled().floors(Snapshot(1, 1)) == {"floor": 0, "running_floor": 0}


@pytest.mark.parametrize(
    ("ended", "seen", "is_seen"),
    [
        (False, Snapshot(99, 99), False),
        (False, Snapshot(99, 100, (99,)), True),
        (True, Snapshot(99, 100, (99,)), False),
        (True, Snapshot(100, 100), True),
    ],
)
def test_a_reader_has_seen_what_is_settled(ended: bool, seen: Snapshot, is_seen: bool) -> None:
    assert Settled(position=20, xid=100, ended=ended).is_seen(seen) is is_seen


@pytest.mark.parametrize("beside", ["an open transaction", "nobody"])
def test_a_lane_that_is_behind_reads_what_it_has_not_seen_in_full_partitions(
    beside: str, writer: Writer
) -> None:
    drain()
    if beside == "an open transaction":
        writer.take_xid()
    count(*range(19))
    tell(Announced(counter="a"))
    ensure_ahead()

    assert settled_now().position == 20
    assert LANE in lanes_behind()
    drain()
    assert numbers() == list(range(19))


def test_every_lane_moves_up_to_what_is_settled_and_rests() -> None:
    count(*range(25))
    drain()

    settled, seen = settled_now(), Checkpoint.objects.values_list("seen", flat=True)
    assert settled.position == 20
    assert all(settled.is_seen(Snapshot.parse(each)) for each in seen)
    assert lanes_behind() == set()


@pytest.mark.parametrize("beside", ["an open transaction", "nobody"])
def test_a_message_that_is_committed_late_into_a_full_partition_is_delivered(
    beside: str, writer: Writer, other: Writer
) -> None:
    count(0)
    drain()
    watch = LogWatch()
    if beside == "an open transaction":
        other.take_xid()
    writer.publish(1, counter="late")
    count(*range(2, 14))
    drain()
    watch.woken()

    assert (settled_now().position, settled_now().ended) == (10, False)
    assert LogWatch().woken() == set()
    writer.commit()

    assert LANE in watch.woken()
    assert LANE in lanes_behind()
    drain()
    assert numbers() == list(range(14))


def test_nothing_is_settled_while_a_publisher_has_a_position_and_no_transaction_id(writer: Writer) -> None:
    count(0)
    drain()
    watch = LogWatch()
    position = between_position_and_id(writer.connection)
    count(*range(2, 14))
    drain()
    watch.woken()

    assert Cluster.objects.get().settled_position == 0
    writer.connection.execute(INSERT, [position])
    writer.commit()

    assert LANE in watch.woken()
    drain()
    assert numbers() == list(range(14))
    assert settled_now().position == 10


def between_position_and_id(publisher: psycopg.Connection) -> int:
    """Leave a publisher where an INSERT is for an instant: it holds the log's lock and has its position."""
    position = "nextval(pg_get_serial_sequence('eventbus_message', 'position'))"
    while True:
        publisher.execute("LOCK TABLE eventbus_message IN ROW EXCLUSIVE MODE")
        found = publisher.execute(f"SELECT {position}, pg_current_xact_id_if_assigned()").fetchone()
        assert found
        if found[1] is None:
            return int(found[0])
        publisher.rollback()  # every 32nd position is written to the WAL, under an id


def test_nothing_is_settled_inside_a_transaction_whose_own_id_may_be_old() -> None:
    with transaction.atomic():
        publish(*(Counted(counter="a", number=number) for number in range(12)))
        ensure_ahead()

    assert Cluster.objects.get().settled_position == 0
    ensure_ahead()
    assert Cluster.objects.get().settled_position == 10


def test_a_log_that_begins_again_is_not_taken_for_settled() -> None:
    count(*range(25))
    assert settled_now().position == 20

    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('eventbus_message', 'position'), 3)")

    assert settled_now() == Settled()
    ensure_ahead()
    assert Cluster.objects.get().settled_position == 0


def test_a_re_base_forgets_what_was_settled() -> None:
    count(*range(25))
    Cluster.objects.update(system_identifier=42)

    rebase("Ann")

    assert settled_now() == Settled()
    drain()
    assert (numbers(), settled_now().position) == (list(range(25)), 20)
