"""A rebuild that was asked for is carried out in slices, by whoever is free, and goes on after a crash."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from eventbus import jobs
from eventbus.doctor import Severity, database
from eventbus.errors import RebuildRefused
from eventbus.log import last_position
from eventbus.models import Act, Rebuild, RebuildJob
from eventbus.projections import Projection
from eventbus.rebuilding import REBUILD_LOCK
from eventbus.shadows import Shadow
from eventbus.testing import drain
from tests.eventbus.rebuilds import COUNTERS, MESSAGES, count_up, execute, in_another_thread, spoil, totals
from tests.eventbus.toys import CounterRow, Counters

pytestmark = pytest.mark.usefixtures("rebuilds")
NAME = "toys.counters"


@pytest.fixture(autouse=True)
def spoiled_rows(rebuilds: None) -> dict[str, int]:
    """Rows that differ from the log; returns what they should be."""
    count_up()
    drain()
    right = totals()
    spoil()
    return right


def job() -> RebuildJob:
    return RebuildJob.objects.get(pk=NAME)


def ask() -> None:
    jobs.ask(NAME, actor="ada", reason="the sums are wrong")


def be_silent() -> None:
    """Nobody has heard of the job for a while."""
    RebuildJob.objects.update(updated_at=F("updated_at") - 2 * jobs.SILENCE)


def work_to_the_end() -> int:
    """Slices of a batch each; returns how many."""
    slices = 1
    while jobs.work(NAME, seconds=0):
        slices += 1
    return slices


def test_a_job_ends_with_the_rows_that_the_log_gives_after_many_slices(spoiled_rows: dict[str, int]) -> None:
    ask()
    assert jobs.waiting() == [NAME]

    assert work_to_the_end() > MESSAGES // 50

    assert totals() == spoiled_rows
    assert (job().state, job().note) == ("done", "Rebuilt; 2 rows differed from what the log gives.")
    assert jobs.waiting() == []
    assert list(Act.objects.order_by("pk").values_list("actor", "act", "reason")) == [
        ("ada", "ask for rebuild", "the sums are wrong"),
        ("ada", "rebuild", ""),
    ]


def test_progress_is_seen_while_it_is_under_way() -> None:
    ask()
    jobs.work(NAME, seconds=0)
    first = job()
    jobs.work(NAME, seconds=0)

    assert (first.state, first.target) == ("running", last_position())
    assert first.position == last_position() - MESSAGES + 50
    assert job().position == first.position + 50
    assert job().rate > 0


def test_rows_are_as_they_were_until_the_end() -> None:
    ask()
    jobs.work(NAME, seconds=0)

    assert CounterRow.objects.get(counter="c1").total == -1


def test_a_job_is_stopped_kept_and_gone_on_with(spoiled_rows: dict[str, int]) -> None:
    ask()
    jobs.work(NAME, seconds=0)
    reached = job().position
    jobs.stop(NAME, actor="bob")
    assert job().state == "stopping"

    assert not jobs.work(NAME)
    assert (job().state, job().position) == ("stopped", reached)
    assert not jobs.work(NAME)
    assert CounterRow.objects.get(counter="c1").total == -1

    ask()
    assert job().position == reached
    jobs.work(NAME, seconds=0)
    assert job().position > reached
    work_to_the_end()
    assert totals() == spoiled_rows


def test_a_worker_hears_of_the_stop_between_two_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = jobs._Slice._note

    def stop_first(self: jobs._Slice) -> str:
        monkeypatch.setattr(jobs._Slice, "_note", noted)
        in_another_thread(lambda: jobs.stop(NAME, actor="bob"))
        return noted(self)

    monkeypatch.setattr(jobs._Slice, "_note", stop_first)
    ask()

    assert not jobs.work(NAME)

    assert job().state == "stopped"
    assert job().position == Rebuild.objects.get().position == last_position() - MESSAGES + 50


def test_what_was_folded_can_be_thrown_away() -> None:
    ask()
    jobs.work(NAME, seconds=0)
    with pytest.raises(RebuildRefused, match=r"^Stop the rebuild of toys\.counters first; nothing was"):
        jobs.abandon(NAME, actor="bob")
    jobs.stop(NAME, actor="bob")
    jobs.work(NAME)

    jobs.abandon(NAME, actor="bob")

    assert not RebuildJob.objects.exists()
    assert not Rebuild.objects.exists()
    assert CounterRow.objects.filter(counter="nobody's").exists()


def test_a_worker_that_dies_leaves_the_job_to_the_next_one(
    monkeypatch: pytest.MonkeyPatch, spoiled_rows: dict[str, int]
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    def die(self: jobs._Slice, position: int) -> None:
        slice_of_it(self, position)
        raise Killed

    slice_of_it = jobs._Slice.__call__
    monkeypatch.setattr(jobs._Slice, "__call__", die)
    ask()
    with pytest.raises(Killed):
        jobs.work(NAME)
    monkeypatch.undo()

    assert jobs.waiting() == []  # it may be between two batches
    assert not jobs.work(NAME)
    be_silent()

    assert jobs.waiting() == [NAME]
    assert job().position > 0
    work_to_the_end()
    assert totals() == spoiled_rows


@pytest.fixture
def other_worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread
        thread.submit(connections.close_all).result()


def test_two_workers_do_not_do_the_same(
    other_worker: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, spoiled_rows: dict[str, int]
) -> None:
    began, may = threading.Event(), threading.Event()
    noted = jobs._Slice._note

    def wait(self: jobs._Slice) -> str:
        began.set()
        assert may.wait(30)
        return noted(self)

    monkeypatch.setattr(jobs._Slice, "_note", wait)
    ask()
    first = other_worker.submit(lambda: jobs.work(NAME))
    assert began.wait(30)

    be_silent()

    assert jobs.waiting() == []
    assert not jobs.work(NAME)
    may.set()
    first.result()
    assert totals() == spoiled_rows


def test_a_fold_that_fails_is_told_and_the_job_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Projection, batch: object, kept: object = None) -> None:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(Counters, "apply", fail)
    ask()

    assert not jobs.work(NAME)

    assert job().state == "failed"
    assert "toys.counters failed once and not again" in job().note or "cannot fold message" in job().note


def test_another_rebuild_is_waited_for(other_worker: ThreadPoolExecutor) -> None:
    locked, over = threading.Event(), threading.Event()

    def rebuild_elsewhere() -> None:
        execute(f"SELECT pg_advisory_lock({REBUILD_LOCK})")
        locked.set()
        over.wait(30)
        execute("SELECT pg_advisory_unlock_all()")

    elsewhere = other_worker.submit(rebuild_elsewhere)
    assert locked.wait(30)
    ask()
    jobs.work(NAME)

    assert job().state == "running"
    assert job().note.startswith("Another process is rebuilding projections")
    over.set()
    elsewhere.result()
    RebuildJob.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    work_to_the_end()
    assert job().state == "done"


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(RebuildRefused, match=r"^No projection toys\.listener\. There are: "):
        jobs.ask("toys.listener", actor="ada")
    with pytest.raises(RebuildRefused, match=r"^No rebuild of toys\.counters is under way"):
        jobs.stop(NAME, actor="ada")
    ask()
    with pytest.raises(RebuildRefused, match=r"^toys\.counters is being rebuilt already, since ada asked"):
        ask()


def test_inline_the_one_who_asks_carries_it_out(settings: Settings, spoiled_rows: dict[str, int]) -> None:
    settings.EVENTBUS = {**settings.EVENTBUS, "DISPATCH": "inline"}

    ask()

    assert job().state == "done"
    assert totals() == spoiled_rows
    assert len(spoiled_rows) == COUNTERS


def test_inline_a_rebuild_that_is_refused_has_ended(
    settings: Settings, other_worker: ThreadPoolExecutor
) -> None:
    settings.EVENTBUS = {**settings.EVENTBUS, "DISPATCH": "inline"}
    other_worker.submit(lambda: execute(f"SELECT pg_advisory_lock({REBUILD_LOCK})")).result()

    ask()

    assert job().state == "failed"
    assert job().note.startswith("Another process is rebuilding projections")


def test_inline_what_is_published_during_the_exchange_is_delivered_behind_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EVENTBUS = {**settings.EVENTBUS, "DISPATCH": "inline"}
    exchange = Shadow.replace_live

    def publish_first(self: Shadow) -> None:
        in_another_thread(lambda: count_up(MESSAGES, 1))
        exchange(self)

    monkeypatch.setattr(Shadow, "replace_live", publish_first)

    ask()

    assert totals()["c0"] == sum(range(0, MESSAGES + 1, COUNTERS))


def test_the_doctor_does_not_take_a_pause_between_slices_for_a_stop() -> None:
    ask()
    jobs.work(NAME, seconds=0)
    (under_way,) = database.stopped_rebuilds()
    jobs.stop(NAME, actor="bob")
    jobs.work(NAME)
    (stopped,) = database.stopped_rebuilds()

    assert (under_way.severity, stopped.severity) == (Severity.OK, Severity.WARNING)
