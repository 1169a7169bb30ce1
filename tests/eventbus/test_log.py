"""The reader under real concurrent transactions. The same stories defeat the usual readers."""

import threading
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from random import Random

import pytest
from django.db import connection, transaction

from eventbus import log, publish, sql
from eventbus.log import Progress, Selection
from eventbus.snapshots import NOTHING
from tests.eventbus.readers import PositionReader, Reader, SnapshotReader, XidReader
from tests.eventbus.toys import Counted
from tests.eventbus.writers import Writer, writers

pytestmark = pytest.mark.usefixtures("toy_bus")
Story = Callable[[Reader], list[list[int]]]


def a_lower_position_commits_late(reader: Reader) -> list[list[int]]:
    with writers(2) as (slow, quick):
        slow.publish(1)
        quick.publish(2)
        quick.commit()
        before = reader.read_all()
        slow.commit()
        return [before, reader.read_all()]


def an_early_transaction_appends_last(reader: Reader) -> list[list[int]]:
    with writers(2) as (early, late):
        early.take_xid()
        late.publish(1)
        late.commit()
        early.publish(2)
        early.commit()
        return [reader.read_all()]


def a_savepoint_commits_late(reader: Reader) -> list[list[int]]:
    with writers(2) as (slow, quick):
        slow.take_xid()
        slow.publish_in_savepoint(1)
        quick.publish(2)
        quick.commit()
        before = reader.read_all()
        slow.commit()
        return [before, reader.read_all()]


def a_publisher_stays_open(reader: Reader) -> list[list[int]]:
    with writers(2) as (idle, quick):
        idle.publish(1)
        reads = []
        for number in (2, 3, 4):
            quick.publish(number)
            quick.commit()
            reads.append(reader.read_all())
        idle.commit()
        return [*reads, reader.read_all()]


def a_publisher_rolls_back(reader: Reader) -> list[list[int]]:
    with writers(2) as (first, second):
        first.publish(1)
        second.publish(2)
        second.commit()
        before = reader.read_all()
        first.rollback()
        return [before, reader.read_all()]


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (a_lower_position_commits_late, [[2], [1]]),
        (an_early_transaction_appends_last, [[1, 2]]),
        (a_savepoint_commits_late, [[2], [1]]),
        (a_publisher_stays_open, [[2], [3], [4], [1]]),
        (a_publisher_rolls_back, [[2], []]),
    ],
)
def test_nothing_is_lost_doubled_turned_round_or_held_up(story: Story, expected: list[list[int]]) -> None:
    assert story(SnapshotReader()) == expected


@pytest.mark.parametrize(
    ("story", "reader", "wrong"),
    [
        (a_lower_position_commits_late, PositionReader, [[2], []]),
        (a_savepoint_commits_late, PositionReader, [[2], []]),
        (a_publisher_stays_open, PositionReader, [[2], [3], [4], []]),
        (an_early_transaction_appends_last, partial(XidReader, guarded=False), [[2, 1]]),
    ],
)
def test_the_stories_defeat_the_usual_readers(
    story: Story, reader: Callable[[], Reader], wrong: list[list[int]]
) -> None:
    assert story(reader()) == wrong


def test_an_open_publisher_holds_up_the_reader_that_stays_behind_it() -> None:
    assert a_publisher_stays_open(XidReader(guarded=True))[:3] == [[], [], []]


def test_a_reader_leaves_what_its_own_transaction_writes_for_later() -> None:
    """A snapshot never lists its own transaction, which a later one that has ended would make look seen."""
    with writers(1) as (other,), transaction.atomic():
        connection.cursor().execute("SELECT pg_current_xact_id()")
        other.publish(1)
        other.commit()
        first, progress = log.read(Progress(NOTHING), Selection(["toys.counted"]), 10)
        publish(Counted(counter="a", number=2))

    second, _ = log.read(progress, Selection(["toys.counted"]), 10)

    assert [[e.message.number for e in batch] for batch in (first, second)] == [[1], [2]]  # type: ignore[attr-defined]


def test_a_straggler_inside_an_open_window_waits_for_the_next_one() -> None:
    reader = SnapshotReader()
    with writers(2) as (slow, quick):
        slow.publish(1)
        for number in (2, 3, 4):
            quick.publish(number)
        quick.commit()
        _, reader.progress = log.read(reader.progress, Selection(["toys.counted"]), 2)
        slow.commit()

    assert reader.read_all() == [4]
    assert reader.read_all() == [1]


class Storm(threading.Thread):
    """A publisher with two overlapping transactions at a time, a part of them rolled back."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = Random(seed)
        self.seed = seed
        self.committed: dict[str, list[int]] = defaultdict(list)

    def run(self) -> None:
        """Publish sixty transactions on two streams."""
        with writers(2) as pair:
            for turn in range(60):
                self._write(pair[turn % 2], f"{self.seed}-{turn % 2}", turn)

    def _write(self, writer: Writer, stream: str, turn: int) -> None:
        numbers = [turn * 10 + n for n in range(self.random.randint(1, 4))]
        for number in numbers:
            writer.publish(number, stream)
        if self.random.random() < 0.2:
            writer.rollback()
        else:
            writer.commit()
            self.committed[stream] += numbers


def test_a_storm_of_publishers_reaches_the_reader_whole_and_in_order() -> None:
    storms = [Storm(seed) for seed in range(8)]
    progress, delivered = Progress(NOTHING), defaultdict(list)
    for storm in storms:
        storm.start()
    with writers(1) as (idle,):
        idle.publish(0, "idle")
        done = False
        while not done:
            last = progress.window is None and not any(storm.is_alive() for storm in storms)
            batch, progress = log.read(progress, Selection(["toys.counted"]), 7)
            for envelope in batch:
                delivered[envelope.message.key_value].append(envelope.message.number)  # type: ignore[attr-defined]
            done = last and not batch

    assert delivered == {k: v for storm in storms for k, v in storm.committed.items()}


def test_a_window_is_read_in_linear_time() -> None:
    """One million messages: every batch's plan touches as many rows as it returns."""
    messages, batch = 1_000_000, 5_000
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO eventbus_message (id, kind, type, version, stream, shard, data, headers,
                                             correlation_id, occurred_at)
            SELECT gen_random_uuid(), 'event', 'toys.counted', 1, 'counter-a', 0,
                   '{"counter": "a", "number": 1}', '{}', gen_random_uuid(), now()
            FROM generate_series(1, %s)""",
            [messages],
        )
    selection, positions, touched = Selection(["toys.counted"]), [], set()
    read, progress = log.read(Progress(NOTHING), selection, batch)
    while progress.window:
        positions += [envelope.position for envelope in read]
        if len(positions) % 250_000 == 0:
            touched.add(_rows_touched(progress, batch))
        read, progress = log.read(progress, selection, batch)
    positions += [envelope.position for envelope in read]

    assert len(positions) == messages
    assert positions == sorted(positions)
    assert touched == {batch, 0}


def _rows_touched(progress: Progress, limit: int) -> int:
    """How many rows the next batch's plan looks at; none when the log has ended."""
    with connection.cursor() as cursor:
        cursor.execute(sql.STRETCH, [progress.position, limit])
        parameters = {
            "position": progress.position,
            "end": cursor.fetchone()[0],
            "window": str(progress.window),
            "seen": str(progress.seen),
            "types": ["toys.counted"],
            "shards": 1,
            "shard": 0,
        }
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.NEXT_IN_WINDOW}", parameters)
        plan = cursor.fetchone()[0][0]["Plan"]
    while "Plans" in plan and plan["Node Type"] != "Bitmap Heap Scan":
        plan = plan["Plans"][0]
    return int(plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
