"""A dump restored into another cluster goes on after re-basing: nothing is lost, nothing comes twice."""

import getpass
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from msgspec.structs import replace

from config.local.binaries import Binaries
from eventbus import Command, Event, Reject, cluster, publish
from eventbus.errors import RestoredCluster
from eventbus.external import claim
from eventbus.lanes import deliver_lane
from eventbus.models import Act, Checkpoint, Cluster, Delivery, Message, Rebuild, SagaState, Timer
from eventbus.subscriptions import subscription
from eventbus.testing import assert_rebuilds, drain
from tests.acceptance.clusters import OtherCluster, dump, moved_to, neighbour, other, passing, programs
from tests.eventbus import toys
from tests.eventbus.toys import Announced, Counted, CounterRow, Counters, Opened
from tests.eventbus.writers import Writer, writers

__all__ = ["other", "passing", "programs"]
DOOR = UUID(int=1)
LATER = timedelta(hours=1)


@transaction.atomic
def count(counter: str, *numbers: int) -> None:
    publish(*(Counted(counter=counter, number=number) for number in numbers))


@transaction.atomic
def tell(event: Event) -> None:
    publish(event)


def use_up_a_transaction() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")


def step(name: str, batch: int, now: datetime) -> None:
    """Deliver one small batch of a lane, which leaves its window open."""
    next(deliver_lane(replace(subscription(name), batch=batch), 0, now))


def fail(message: Event | Command) -> None:
    if isinstance(message, Counted) and message.counter == "poison":
        raise Reject("nobody can count this")
    if isinstance(message, Counted) and message.counter == "sick":
        raise ValueError("not today")


def leave_everything_unfinished(late: Writer, never: Writer) -> None:
    """Bring the bus into each state that a dump can catch it in."""
    toys.behaviour["listener"] = fail
    now = timezone.now()  # one moment for all, so that nothing becomes due meanwhile
    count("a", 1, 2)
    count("sick", 1)
    count("poison", 1)
    tell(Opened(door_id=DOOR))
    drain(now)
    count("sick", 2)
    count("poison", 2)
    drain(now)
    late.publish(7, counter="late")
    never.publish(8, counter="never")
    count("a", 3)
    drain(now)
    late.commit()
    tell(Announced(counter="called"))
    step("toys.caller", 10, now)
    assert claim(subscription("toys.caller"), timezone.now())
    for number in range(1, 7):
        count("w", number)
    step("toys.listener", 2, now)
    step("toys.counters", 3, now)
    count("a", 4)


def check_everything_is_unfinished() -> None:
    by_state = sorted((d.subscription, d.stream, d.state) for d in Delivery.objects.all())
    assert by_state == [
        ("toys.caller", "counter-called", "claimed"),
        ("toys.listener", "counter-poison", "dead"),
        ("toys.listener", "counter-poison", "waiting"),
        ("toys.listener", "counter-sick", "waiting"),
        ("toys.listener", "counter-sick", "waiting"),
    ]
    assert set(Checkpoint.objects.exclude(window=None).values_list("subscription", flat=True)) == {
        "toys.counters",
        "toys.listener",
    }
    assert (SagaState.objects.count(), Timer.objects.count()) == (1, 1)


def go_on() -> dict[str, Any]:
    """What the bus does from here on, when all is well again, and where it ends."""
    toys.behaviour.clear()
    toys.handled.clear()
    toys.recorded.clear()
    count("a", 5)
    drain(timezone.now() + LATER)
    assert_rebuilds(Counters)
    return {
        "handled": list(toys.handled),
        "recorded": list(toys.recorded),
        "rows": {row.counter: row.numbers for row in CounterRow.objects.all()},
        "sagas": list(SagaState.objects.values_list("key", "status", "undos")),
        "deliveries": list(Delivery.objects.order_by("message_id").values_list("subscription", "stream")),
        "log": list(Message.objects.order_by("position").values_list("type", "stream")),
    }


GROW_OLD = """
DO $$ BEGIN
    CREATE TEMPORARY TABLE years (year int) ON COMMIT DROP;
    FOR year IN 1..100000 LOOP
        BEGIN INSERT INTO years VALUES (year); EXCEPTION WHEN division_by_zero THEN NULL; END;
    END LOOP;
END $$"""


def grow_old() -> None:
    """Let this cluster have used more transactions than a test uses in another; each savepoint takes one."""
    if cluster.look().next_xid < 100_000:
        with connection.cursor() as cursor:
            cursor.execute(GROW_OLD)


@pytest.fixture
def dumped(toy_bus: None, programs: Binaries, tmp_path: Path) -> Iterator[Path]:
    """A dump of a bus in the middle of everything, in a cluster that is older than a fresh one."""
    grow_old()
    with writers(2) as (late, never):
        leave_everything_unfinished(late, never)
        check_everything_is_unfinished()
        file = dump(programs.directory, tmp_path / "dump")
        never.rollback()
        yield file


def test_a_restored_bus_goes_on_as_the_undisturbed_one_does(dumped: Path, other: OtherCluster) -> None:
    undisturbed = go_on()
    assert undisturbed["rows"] == {
        "a": [1, 2, 3, 4, 5],
        "sick": [1, 2],
        "poison": [1, 2],
        "late": [7],
        "w": [1, 2, 3, 4, 5, 6],
    }

    with moved_to(other.restore(dumped, database="gone_on")):
        with pytest.raises(RestoredCluster):
            count("a", 5)
        with pytest.raises(RestoredCluster):
            drain()
        check_everything_is_unfinished()

        call_command("rebase_log")

        assert go_on() == undisturbed
        assert Cluster.objects.get().system_identifier == cluster.look().actual


def test_old_messages_stay_old_when_the_new_cluster_passes_their_transactions(
    dumped: Path, passing: OtherCluster
) -> None:
    undisturbed = go_on()
    with moved_to(passing.restore(dumped, database="passed_by")):
        call_command("rebase_log")
        assert go_on() == undisturbed

    passing.pass_by(epoch=1)
    with moved_to(passing.address("passed_by")):
        toys.handled.clear()
        count("a", 6)
        drain(timezone.now() + LATER)

        assert cluster.look().next_xid > 2**32
        assert toys.handled == [Counted(counter="a", number=6)]
        assert CounterRow.objects.get(counter="a").numbers == [1, 2, 3, 4, 5, 6]
        assert_rebuilds(Counters)


def test_another_database_of_the_same_cluster_needs_nothing(dumped: Path, programs: Binaries) -> None:
    undisturbed = go_on()

    with neighbour(programs.directory, dumped):
        assert go_on() == undisturbed
        with pytest.raises(CommandError):
            call_command("rebase_log")


def test_a_log_whose_transactions_all_lie_behind_keeps_them(
    dumped: Path, other: OtherCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    undisturbed = go_on()
    with moved_to(other.restore(dumped, database="upgraded")):
        call_command("rebase_log")
        use_up_a_transaction()
        before = list(Message.objects.order_by("position").values_list("xid"))
        Cluster.objects.update(system_identifier=42)
        connection.close()
        capsys.readouterr()

        call_command("rebase_log")

        assert list(Message.objects.order_by("position").values_list("xid")) == before
        assert capsys.readouterr().out.splitlines()[2] == "0 messages get a new transaction id."
        assert go_on() == undisturbed


def test_a_cluster_too_young_for_the_numbers_comes_of_age(dumped: Path, other: OtherCluster) -> None:
    far_apart = [f"{xid}:{xid}:" for xid in range(1000, 9000, 2)]
    with moved_to(other.restore(dumped, database="too_young")):
        Rebuild.objects.bulk_create(Rebuild(projection=seen, version=1, seen=seen) for seen in far_apart)
        with psycopg.connect(other.address("too_young")) as idle:
            idle.execute("SELECT pg_current_xact_id()")
            with pytest.raises(CommandError) as refused:
                call_command("rebase_log")
        assert "A transaction has been open in this cluster for too long" in str(refused.value)

        call_command("rebase_log")

        assert go_on()["rows"]["w"] == [1, 2, 3, 4, 5, 6]


def test_a_dry_run_changes_nothing(
    dumped: Path, other: OtherCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    with moved_to(other.restore(dumped, database="dry")):
        before = list(Message.objects.order_by("position").values_list("xid"))

        call_command("rebase_log", "--dry-run")

        assert list(Message.objects.order_by("position").values_list("xid")) == before
        assert capsys.readouterr().out.splitlines()[2:] == [
            f"{len(before)} messages would get a new transaction id.",
            "Nothing was changed.",
        ]
        with pytest.raises(RestoredCluster):
            drain()


def test_a_log_that_was_moved_without_its_sequences_goes_on_after_its_last_message(
    dumped: Path, other: OtherCluster
) -> None:
    with moved_to(other.restore(dumped, database="no_sequences")):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE eventbus_message ALTER COLUMN position RESTART")

        call_command("rebase_log")

        assert go_on()["rows"]["a"] == [1, 2, 3, 4, 5]


def test_a_re_base_is_on_record(dumped: Path, other: OtherCluster) -> None:
    with moved_to(other.restore(dumped, database="recorded")):
        identity = cluster.look()
        call_command("rebase_log")

        act = Act.objects.get()
        assert (act.actor, act.act) == (getpass.getuser(), "rebase")
        assert act.reason == f"{identity.problem}. Messages renumbered: {Message.objects.count()}."
