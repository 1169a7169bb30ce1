"""Rebuilding projections while everybody goes on."""

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from itertools import count

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from eventbus import publish, rebuilding, replay
from eventbus.errors import RebuildFailed, RebuildRefused
from eventbus.lanes import deliver_lane
from eventbus.models import Act, Checkpoint, Delivery, Rebuild
from eventbus.projections import Projection
from eventbus.subscriptions import subscription
from eventbus.testing import assert_rebuilds, drain
from tests.eventbus.toys import Counted, CounterRow, Counters

pytestmark = pytest.mark.usefixtures("toy_bus", "_tidy")
COUNTERS, MESSAGES = 40, 400

NAMES = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'toys_counter'::regclass
UNION SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'toys_counter' AND schemaname = 'public'
UNION SELECT 'right', relacl::text FROM pg_class WHERE oid = 'toys_counter'::regclass
ORDER BY 1, 2"""


@pytest.fixture
def _tidy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(replay, "BATCH", 50)
    yield
    execute("DROP SCHEMA IF EXISTS eventbus_rebuild CASCADE")


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def names() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        return [(name, definition) for name, definition in cursor.fetchall()]


@transaction.atomic
def count_up(start: int = 0, messages: int = MESSAGES) -> None:
    numbers = range(start, start + messages)
    publish(*(Counted(counter=f"c{number % COUNTERS}", number=number) for number in numbers))


def spoil() -> None:
    CounterRow.objects.filter(counter="c1").update(total=-1)
    CounterRow.objects.create(counter="nobody's")


def totals() -> dict[str, int]:
    return dict(CounterRow.objects.values_list("counter", "total"))


class Traffic:
    """Somebody at work beside a rebuild, on a connection of their own: one turn for every beat of it."""

    def __init__(self, act: Callable[[int], None]) -> None:
        self.act, self.turns, self.open = act, 0, True
        self.may, self.done = threading.Semaphore(1), threading.Semaphore(0)
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while self.may.acquire() and self.open:
            try:
                self.act(self.turns)
            except Exception as error:
                self.error = error
            self.turns += 1
            self.done.release()
        connection.close()

    def beat(self) -> None:
        """Wait until the last turn has ended, and let the next one run beside what follows."""
        assert self.done.acquire(timeout=60)
        self.may.release()

    def end(self) -> None:
        """Let the last turn end."""
        self.open = False
        self.may.release()
        self.thread.join()


@contextmanager
def traffic(*acts: Callable[[int], None]) -> Generator[list[Traffic]]:
    everybody = [Traffic(act) for act in acts]
    try:
        yield everybody
    finally:
        for one in everybody:
            one.end()
    assert [one.error for one in everybody] == [None] * len(everybody)


def test_readers_and_writers_go_on_during_a_rebuild() -> None:
    """No error, no empty page, nothing lost or doubled; and every batch saw all of them at work."""
    count_up()
    drain()
    spoil()
    before, seen = names(), []

    def write(turn: int) -> None:
        count_up(MESSAGES + turn * 10, 10)

    def deliver(turn: int) -> None:
        next(deliver_lane(subscription("toys.counters"), 0, timezone.now()), None)

    def read(turn: int) -> None:
        seen.append(CounterRow.objects.count())

    with traffic(write, deliver, read) as everybody:

        def progressed(position: int) -> None:
            for one in everybody:
                one.beat()

        rebuilding.rebuild([Counters], progressed=progressed, compared=lambda _: progressed(0))
        progressed(0)

    drain()
    published = MESSAGES + everybody[0].turns * 10
    expected: Counter[str] = Counter()
    for number in range(published):
        expected[f"c{number % COUNTERS}"] += number
    assert totals() == expected
    assert set(seen) == {COUNTERS + 1, COUNTERS}
    assert names() == before
    assert_rebuilds(Counters)


def test_a_check_says_how_the_rows_differ_and_leaves_them() -> None:
    count_up()
    drain()
    spoil()
    found: list[replay.Differences] = []

    rebuilding.check([Counters], compared=found.append)

    ((live, rebuilt),) = [(d.live_count, d.rebuilt_count) for d in found]
    assert (live, rebuilt, totals()["c1"]) == (2, 1, -1)
    assert not Rebuild.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'eventbus_rebuild'")
        assert cursor.fetchone() == (0,)


class Stopped(Exception):
    """The process dies here."""


def stop_at(batch: int) -> Callable[[int], None]:
    batches = count(1)

    def progressed(position: int) -> None:
        if next(batches) == batch:
            raise Stopped

    return progressed


def test_a_stopped_rebuild_goes_on_where_it_was() -> None:
    count_up()
    drain()
    spoil()
    with pytest.raises(Stopped):
        rebuilding.rebuild([Counters], progressed=stop_at(3))
    first = first_position()
    assert (totals()["c1"], Rebuild.objects.get().position) == (-1, first + 149)
    positions: list[int] = []
    count_up(MESSAGES)
    drain()

    rebuilding.rebuild([Counters], progressed=positions.append)

    assert positions[0] == first + 199
    assert CounterRow.objects.aggregate(total=Sum("total")) == {"total": sum(range(2 * MESSAGES))}
    assert_rebuilds(Counters)


def test_a_rebuild_of_an_older_version_of_the_fold_starts_over() -> None:
    count_up()
    drain()
    with pytest.raises(Stopped):
        rebuilding.rebuild([Counters], progressed=stop_at(3))
    Rebuild.objects.update(version=0)
    positions: list[int] = []

    rebuilding.rebuild([Counters], progressed=positions.append)

    assert positions[0] == first_position() + 49


def test_a_rebuild_inside_an_open_window_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "BATCH", 2000)
    batch = subscription("toys.counters").batch
    count_up(0, batch + 10)
    assert next(deliver_lane(subscription("toys.counters"), 0, timezone.now())) == batch

    assert_rebuilds(Counters)
    rebuilding.rebuild([Counters])
    assert CounterRow.objects.aggregate(total=Sum("total")) == {"total": sum(range(batch))}
    drain()

    assert CounterRow.objects.aggregate(total=Sum("total")) == {"total": sum(range(batch + 10))}
    assert_rebuilds(Counters)


def test_a_stopped_rebuild_of_an_open_window_goes_on_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "BATCH", 2000)
    batch = subscription("toys.counters").batch
    count_up(0, batch + 10)
    next(deliver_lane(subscription("toys.counters"), 0, timezone.now()))
    with pytest.raises(Stopped):
        rebuilding.rebuild([Counters], progressed=stop_at(2))
    drain()

    rebuilding.rebuild([Counters])

    assert CounterRow.objects.aggregate(total=Sum("total")) == {"total": sum(range(batch + 10))}
    assert_rebuilds(Counters)


def fail_at(number: int) -> Callable[[Projection, Counted], tuple[str]]:
    def keys(self: Projection, event: Counted) -> tuple[str]:
        if event.number == number:
            raise ValueError("not this one")
        return (event.counter,)

    return keys


def test_what_waits_for_another_try_is_left_out_until_the_live_rows_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Counters, "keys", fail_at(0))
        count_up(0, 2 * COUNTERS)
        drain()
    assert sorted(Delivery.objects.values_list("stream", flat=True)) == ["counter-c0", "counter-c0"]
    assert_rebuilds(Counters)

    def retried(position: int) -> None:
        """The live lane takes both behind the replay's back."""
        drain(timezone.now() + timedelta(hours=1))

    rebuilding.rebuild([Counters], progressed=retried)

    assert CounterRow.objects.get(counter="c0").numbers == [0, COUNTERS]
    assert_rebuilds(Counters)


def test_what_waited_when_a_rebuild_was_stopped_is_folded_though_it_no_longer_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Counters, "keys", fail_at(0))
        count_up()
        drain()
    with pytest.raises(Stopped):
        rebuilding.rebuild([Counters], progressed=stop_at(3))
    drain(timezone.now() + timedelta(hours=1))

    rebuilding.rebuild([Counters])

    assert not Delivery.objects.exists()
    assert CounterRow.objects.aggregate(total=Sum("total")) == {"total": sum(range(MESSAGES))}
    assert_rebuilds(Counters)


def test_what_was_discarded_stays_out() -> None:
    count_up(0, 40)
    drain()
    CounterRow.objects.filter(counter="c0").delete()
    Act.objects.create(actor="Ann", act="discard", subscription="toys.counters", message_id=first_position())

    assert_rebuilds(Counters)
    rebuilding.rebuild([Counters])

    assert not CounterRow.objects.filter(counter="c0").exists()


def first_position() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(position) FROM eventbus_message")
        return int(cursor.fetchone()[0])


def test_a_fold_that_fails_is_told_with_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    count_up(0, 40)
    drain()

    monkeypatch.setattr(Counters, "keys", fail_at(7))
    with pytest.raises(RebuildFailed) as failure:
        rebuilding.rebuild([Counters])

    assert str(failure.value) == (
        f"toys.counters cannot fold message {first_position() + 7} (toys.counted): ValueError: not this one. "
        f"The live rows are as they were; correct the fold and start again: it goes on where it stopped."
    )


def test_a_table_in_use_is_waited_for_and_then_named(monkeypatch: pytest.MonkeyPatch) -> None:
    count_up(0, 40)
    drain()
    monkeypatch.setattr(rebuilding, "SWAP_TRIES", 2)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SET application_name = 'a long report'")
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_backend_pid() FROM toys_counter LIMIT 1")
            (pid,) = cursor.fetchone()
        with pytest.raises(
            RebuildRefused, match=rf"in use .*: pid {pid} \(idle in transaction, a long report"
        ):
            rebuilding.rebuild([Counters])
    finally:
        other.close()
    positions: list[int] = []

    rebuilding.rebuild([Counters], progressed=positions.append)

    assert (positions, Checkpoint.objects.get(subscription="toys.counters").version) == ([], 1)


def test_the_new_table_has_the_rules_and_rights_of_the_old_one() -> None:
    count_up(0, 40)
    drain()
    execute("ALTER TABLE toys_counter ADD CONSTRAINT toys_once UNIQUE (counter, total)")
    execute("GRANT SELECT ON toys_counter TO PUBLIC")
    before = names()
    try:
        rebuilding.rebuild([Counters])

        assert names() == before
        assert ("toys_once", "UNIQUE (counter, total)") in before
    finally:
        execute("REVOKE SELECT ON toys_counter FROM PUBLIC")
        execute("ALTER TABLE toys_counter DROP CONSTRAINT toys_once")


def test_a_swap_that_is_tried_again_folds_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    count_up(0, 40)
    drain()
    report = connection.copy()
    with report.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT total FROM toys_counter")
    monkeypatch.setattr("eventbus.rebuilding.time.sleep", lambda seconds: report.close())

    def go_on(differences: replay.Differences) -> None:
        count_up(40, 40)
        drain()

    rebuilding.rebuild([Counters], compared=go_on)

    assert report.connection is None
    assert CounterRow.objects.aggregate(total=Sum("total")) == {"total": sum(range(80))}
    assert_rebuilds(Counters)


def test_a_view_on_the_table_is_named_before_anything_is_done() -> None:
    execute("CREATE VIEW toys_report AS SELECT total FROM toys_counter")
    try:
        with pytest.raises(RebuildRefused, match=r'^"toys_counter" cannot be exchanged: view toys_report '):
            rebuilding.rebuild([Counters])
    finally:
        execute("DROP VIEW toys_report")


def test_two_rebuilds_do_not_run_at_once() -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [rebuilding.REBUILD_LOCK])
        with pytest.raises(RebuildRefused, match="Another process"):
            rebuilding.rebuild([Counters])
    finally:
        other.close()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("rebuild_projections", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_rebuilds_what_is_outdated() -> None:
    count_up(0, 40)
    drain()
    assert run("--outdated") == "No projection is outdated.\n"
    Checkpoint.objects.filter(subscription="toys.counters").update(version=7)

    assert run("--outdated", "--throttle", "100000") == "toys.counters rebuilt, as it was.\n"

    assert Checkpoint.objects.get(subscription="toys.counters").version == 1
    assert Act.objects.get().act == "rebuild"


def test_the_command_fails_where_the_rows_have_drifted() -> None:
    count_up(0, 40)
    drain()
    assert run("toys.counters", "--check") == "toys.counters equals the log.\n"
    spoil()

    with pytest.raises(SystemExit) as ended:
        run("toys.counters", "--check")

    assert ended.value.code == 1


def test_the_command_names_the_projections_there_are() -> None:
    with pytest.raises(CommandError, match=r"^No projection toys.counter. There are: .*toys.counters"):
        run("toys.counter")
