"""The doctor finds what ails the bus, each ailment really there, and says what to do."""

import json
from datetime import timedelta
from inspect import isfunction
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from eventbus import Command, Event, Reject
from eventbus.doctor import CHECKS, Severity, bridging, database, delivery, examine, reading
from eventbus.external import claim
from eventbus.lanes import deliver_lane
from eventbus.models import Breaker, Checkpoint, Delivery, Message, SagaState
from eventbus.subscriptions import subscription
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.findings import ALWAYS, limits, text
from tests.eventbus.telling import announce, count, tell
from tests.eventbus.toys import Announced, Opened
from tests.eventbus.writers import Writer

pytestmark = pytest.mark.usefixtures("toy_bus")


def test_a_healthy_bus_has_nothing_to_complain_of(settings: Settings) -> None:
    limits(settings, XMIN_AGE_TRANSACTIONS=(1e15, 1e15), IDLE_SECONDS=(1e9, 1e9))

    found = examine()

    others = [f for f in found if f.check == "xmin"]  # somebody else on this server may be reading just now
    assert [f.check for f in found if f not in others] == ["cluster", "relay", "lag", "clock", "partitions"]
    assert {f.severity for f in found} == {Severity.OK}


def test_the_doctor_makes_every_check_there_is() -> None:
    written = {
        check
        for module in (bridging, database, delivery)
        for name, check in vars(module).items()
        if isfunction(check) and check.__module__ == module.__name__ and not name.startswith("_")
    }

    assert set(CHECKS) == written


def test_unread_messages_are_counted_per_subscription() -> None:
    drain()
    count(1, 2, 3)
    tell(Announced(counter="a"))

    assert [text(finding) for finding in delivery.lag()] == [
        (Severity.OK, 1, "toys.caller has not read 1 messages, the oldest published 0 s ago.", "", ""),
        (Severity.OK, 3, "toys.counters has not read 3 messages, the oldest published 0 s ago.", "", ""),
        (Severity.OK, 3, "toys.listener has not read 3 messages, the oldest published 0 s ago.", "", ""),
    ]


def test_a_lane_far_behind_is_not_counted_to_its_end() -> None:
    count(1, 2, 3)

    (counters, _) = delivery.lag(bound=2)

    assert counters.means == "toys.counters has not read over 2 messages, the oldest published 0 s ago."


def test_the_message_for_a_lane_is_found_behind_those_for_others() -> None:
    count(1, 2, 3)
    tell(Announced(counter="a"))

    (caller, *_) = delivery.lag(bound=2)

    assert caller.means == "toys.caller has not read 1 messages, the oldest published 0 s ago."


def test_messages_behind_a_crowd_of_others_are_counted_no_further_than_the_bound() -> None:
    drain()
    announce("a", "b", "c")
    count(1, 2, 3)

    found = {name: str(unread) for name, unread in reading.unread(bound=3).items()}

    assert found["toys.caller"].startswith("over 3 messages, the oldest published ")
    assert found["toys.counters"].startswith("over 3 messages, the oldest published ")
    assert "toys.door" not in found


def test_what_an_open_window_and_a_late_commit_leave_is_counted(writer: Writer) -> None:
    count(1)
    writer.publish(2)
    drain()
    writer.commit()
    count(3, 4, 5)
    next(deliver_lane(replace(subscription("toys.counters"), batch=2), 0, timezone.now()))
    assert Checkpoint.objects.get(subscription="toys.counters").window
    count(6)

    found = {finding.means.split()[0]: finding.number for finding in delivery.lag()}

    assert found == {"toys.counters": 3, "toys.listener": 5}


def test_the_oldest_is_the_one_that_was_published_first() -> None:
    count(1, 2)
    an_hour_ago = int((timezone.now() - timedelta(hours=1)).timestamp() * 1000)
    oldest = Message.objects.order_by("position").values("position")[:1]
    Message.objects.filter(position__in=oldest).update(uuid=UUID(f"{an_hour_ago:012x}7{'0' * 19}"))

    (counters, _) = delivery.lag()

    assert counters.means == "toys.counters has not read 2 messages, the oldest published 1 h ago."


def test_lag_is_graded_by_the_age_of_the_oldest(settings: Settings) -> None:
    count(1)
    limits(settings, LAG_SECONDS=(0, 0))

    (counters, _) = delivery.lag()

    assert text(counters) == (
        Severity.CRITICAL,
        1,
        "toys.counters has not read 1 messages, the oldest published 0 s ago.",
        "See that `manage.py relay` and a Celery worker for its queue run.",
        "",
    )


def test_a_delivery_that_nobody_tries_is_overdue(settings: Settings) -> None:
    def fail(message: Event | Command) -> None:
        raise ValueError

    toys.behaviour["listener"] = fail
    count(1, 2)
    count(3, counter="b")
    drain()
    for stream, minutes in (("counter-a", -2), ("counter-b", 60)):
        due_at = timezone.now() + timedelta(minutes=minutes)
        Delivery.objects.filter(stream=stream).update(due_at=due_at)

    assert [text(finding) for finding in delivery.overdue()] == [
        (
            Severity.WARNING,
            1,
            "toys.listener has 1 deliveries to try, due for 2 min.",
            "See that `manage.py relay` and a Celery worker for its queue run.",
            "",
        )
    ]


def test_a_call_that_outlived_its_lease() -> None:
    tell(Announced(counter="a"))
    next(deliver_lane(subscription("toys.caller"), 0, timezone.now()))
    assert claim(subscription("toys.caller"), timezone.now())
    Delivery.objects.update(due_at=timezone.now() - timedelta(minutes=3))

    assert [text(finding) for finding in delivery.lost_leases()] == [
        (
            Severity.WARNING,
            1,
            "toys.caller has 1 calls whose lease ended 3 min ago: a worker died, or the call takes longer "
            "than its lease.",
            "A worker repeats them with the same idempotency key; if it recurs, raise lease_seconds.",
            "",
        )
    ]


def test_dead_letters_and_how_many_streams_wait() -> None:
    def reject(message: Event | Command) -> None:
        raise Reject("no")

    toys.behaviour["listener"] = reject
    count(1, 2, 3)
    count(4, counter="b")
    drain()
    Delivery.objects.filter(state="waiting", message__data__number=2).update(state="dead")

    assert [text(finding) for finding in delivery.dead_letters()] == [
        (
            Severity.WARNING,
            3,
            "toys.listener could not take 3 messages; 2 streams wait for a decision.",
            "manage.py dead_letters list --subscription toys.listener",
            "",
        )
    ]


def test_messages_of_newer_code() -> None:
    count(1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE eventbus_message SET version = 9")
    drain()

    (found, *_) = delivery.unknown_messages()
    assert text(found) == (
        Severity.WARNING,
        1,
        "toys.counters has 1 messages that no running worker can read.",
        "Deploy the workers with code that reads them; they are taken then, in order.",
        "",
    )


def test_a_dependency_that_is_down() -> None:
    Breaker.objects.create(
        dependency="carrier",
        failures=3,
        open_until=timezone.now() + timedelta(minutes=5, seconds=1),
        error="no",
    )
    Breaker.objects.create(dependency="printer", failures=2)

    assert [text(finding) for finding in delivery.breakers()] == [
        (
            Severity.WARNING,
            3,
            "carrier has failed 3 times in a row; the next probe is in 5 min.",
            "See whether carrier answers; its messages wait and go on by themselves.",
            " Last: no",
        )
    ]


def test_lanes_that_the_code_or_the_table_lacks() -> None:
    Checkpoint.objects.filter(subscription="toys.listener").update(subscription="toys.gone")

    assert [text(finding) for finding in delivery.lanes()] == [
        (
            Severity.WARNING,
            1,
            "toys.gone/0 is no lane of this code; its checkpoint keeps the log from being archived.",
            'Where it is gone for good: manage.py dbshell -- -c "DELETE FROM eventbus_checkpoint WHERE '
            "subscription = 'toys.gone' AND shard = 0\"",
            "",
        ),
        (
            Severity.CRITICAL,
            1,
            "toys.listener/0 has no checkpoint, and nothing is delivered to it.",
            "manage.py migrate",
            "",
        ),
    ]


def test_a_projection_of_another_version() -> None:
    Checkpoint.objects.filter(subscription="toys.counters").update(version=7)

    assert [text(finding) for finding in delivery.outdated_projections()] == [
        (
            Severity.WARNING,
            7,
            "toys.counters is at version 1, and its rows were folded with version 7.",
            "manage.py rebuild_projections --outdated",
            "",
        )
    ]


def test_a_saga_that_never_ends() -> None:
    tell(*(Opened(door_id=UUID(int=number)) for number in (1, 2, 3)))
    drain()
    for number, days in ((1, 8), (2, 1)):
        began = timezone.now() - timedelta(days=days)
        SagaState.objects.filter(key=UUID(int=number)).update(started_at=began)
    SagaState.objects.filter(key=UUID(int=3)).update(status="completed")

    assert [text(finding) for finding in delivery.long_sagas()] == [
        (
            Severity.WARNING,
            2,
            "2 of toys.door are running, the oldest for 8 d.",
            "Look at the oldest at /admin/eventbus/sagastate/, and give the saga a timeout.",
            "",
        )
    ]


@pytest.mark.parametrize("_severity", ["warning", "critical"])
def test_the_exit_code_says_how_bad_it_is(
    _severity: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    count(1)
    limits(settings, LAG_SECONDS=(0, 1e9) if _severity == "warning" else (0, 0))

    with pytest.raises(SystemExit) as exited:
        call_command("eventbus_doctor", "--json")

    report = json.loads(capsys.readouterr().out)
    assert exited.value.code == Severity[_severity.upper()]
    assert report["severity"] == _severity
    assert {
        "check": "lag",
        "severity": _severity,
        "number": 1,
        "means": "toys.counters has not read 1 messages, the oldest published 0 s ago.",
        "step": "See that `manage.py relay` and a Celery worker for its queue run.",
    } in report["findings"]


def test_the_report_is_for_people(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    count(1)
    limits(settings, LAG_SECONDS=ALWAYS)

    with pytest.raises(SystemExit):
        call_command("eventbus_doctor")

    assert (
        "warning  lag: toys.counters has not read 1 messages, the oldest published 0 s ago.\n"
        "         → See that `manage.py relay` and a Celery worker for its queue run.\n"
    ) in capsys.readouterr().out
