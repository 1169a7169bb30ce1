"""Rebuilding projections while everybody goes on."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from itertools import count
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from msgspec.structs import replace

from eventbus import draining, rebuilding, replay
from eventbus.errors import RebuildFailed
from eventbus.lanes import deliver_lane
from eventbus.models import Act, Checkpoint, Delivery, Message, Rebuild
from eventbus.subscriptions import subscription
from eventbus.testing import assert_rebuilds, drain
from tests.eventbus.callers import Parcels, Sent, effects
from tests.eventbus.rebuilds import (
    COUNTERS,
    MESSAGES,
    count_up,
    fail_at,
    in_another_thread,
    names,
    spoil,
    totals,
    traffic,
)
from tests.eventbus.telling import tell
from tests.eventbus.toys import CounterRow, Counters

pytestmark = pytest.mark.usefixtures("rebuilds")


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


def test_a_rebuild_that_goes_on_inside_an_open_window_does_not_overtake_the_lane() -> None:
    count_up()
    next(deliver_lane(replace(subscription("toys.counters"), batch=100), 0, timezone.now()))
    with pytest.raises(Stopped):
        rebuilding.rebuild([Counters], progressed=stop_at(2))

    rebuilding.rebuild([Counters])
    assert CounterRow.objects.aggregate(total=Sum("total")) == {"total": sum(range(100))}
    drain()

    assert CounterRow.objects.aggregate(total=Sum("total")) == {"total": sum(range(MESSAGES))}
    assert_rebuilds(Counters)


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


@pytest.fixture
def one_waits(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Two messages of a stream wait for another try; returns what has the live lane take them, and go on."""
    with monkeypatch.context() as broken:
        broken.setattr(Counters, "keys", fail_at(0))
        count_up(0, 2 * COUNTERS)
        drain()

    def taken(*_: object) -> None:
        drain(timezone.now() + timedelta(hours=1))
        if not CounterRow.objects.filter(counter="c0", numbers__contains=[2 * COUNTERS]).exists():
            count_up(2 * COUNTERS, 1)
            drain()

    return taken


def test_what_waited_is_folded_before_what_followed_in_its_stream(one_waits: Callable[..., None]) -> None:
    found: list[bool] = []

    rebuilding.rebuild([Counters], progressed=one_waits, compared=lambda d: found.append(bool(d)))

    assert (found, CounterRow.objects.get(counter="c0").numbers) == ([False], [0, COUNTERS, 2 * COUNTERS])
    assert_rebuilds(Counters)


def test_what_waited_is_folded_once_where_a_rebuild_stops_behind_it(one_waits: Callable[..., None]) -> None:
    def stop(differences: replay.Differences) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        rebuilding.rebuild([Counters], progressed=one_waits, compared=stop)

    rebuilding.rebuild([Counters])

    assert CounterRow.objects.get(counter="c0").numbers == [0, COUNTERS, 2 * COUNTERS]
    assert_rebuilds(Counters)


def test_what_waited_ahead_of_a_stopped_rebuild_is_folded_once(
    one_waits: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "BATCH", COUNTERS)
    with pytest.raises(Stopped):
        rebuilding.rebuild([Counters], progressed=stop_at(1))
    assert Rebuild.objects.get().position < Message.objects.get(data__number=COUNTERS).position
    one_waits()

    rebuilding.rebuild([Counters])

    assert CounterRow.objects.get(counter="c0").numbers == [0, COUNTERS, 2 * COUNTERS]
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


def test_what_is_delivered_during_a_comparison_makes_no_difference() -> None:
    count_up(0, 40)
    drain()
    found: list[bool] = []

    def deliver_beside(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "EXCEPT ALL" in sql:
            in_another_thread(lambda: (count_up(40, 40), drain()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(deliver_beside):
        rebuilding.check([Counters], compared=lambda differences: found.append(bool(differences)))

    assert found == [False]
    assert CounterRow.objects.get(counter="c0").numbers == [0, 40, 40]


def test_projections_that_are_rebuilt_together_follow_their_own_lanes() -> None:
    for first, lanes in ((0, ("toys.counters", "toys.projection")), (40, ("toys.counters",))):
        count_up(first, 40)
        tell(Sent(parcel="a", number=first))
        for lane in lanes:
            draining.deliver((lane, 0))
    found: list[bool] = []

    rebuilding.rebuild([Counters, Parcels], compared=lambda differences: found.append(bool(differences)))

    assert (found, effects("projection")) == ([False, False], {"a": [0]})
    draining.deliver(("toys.projection", 0))
    assert effects("projection") == {"a": [0, 40]}
    assert_rebuilds(Counters, Parcels)


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
