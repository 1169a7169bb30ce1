"""How a rebuilt table takes the place of the live one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from eventbus import rebuilding, replay
from eventbus.errors import RebuildRefused
from eventbus.models import Checkpoint
from eventbus.testing import assert_rebuilds, drain
from tests.eventbus.rebuilds import count_up, execute, fail_at, names
from tests.eventbus.toys import CounterRow, Counters

pytestmark = pytest.mark.usefixtures("rebuilds")


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


def test_what_the_lane_has_taken_late_is_in_the_rows_of_a_swap_that_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Counters, "keys", fail_at(0))
        count_up(0, 40)
        drain()
    report = connection.copy()
    monkeypatch.setattr("eventbus.rebuilding.time.sleep", lambda seconds: report.close())

    def take_late_and_look(differences: replay.Differences) -> None:
        drain(timezone.now() + timedelta(hours=1))
        with report.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT total FROM toys_counter")

    rebuilding.rebuild([Counters], compared=take_late_and_look)

    assert report.connection is None
    assert CounterRow.objects.get(counter="c0").numbers == [0]
    assert_rebuilds(Counters)


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
