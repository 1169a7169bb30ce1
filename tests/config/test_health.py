"""What a load balancer gets to hear, and what it does not."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from eventbus import Command, Event, Reject, cluster, pausing, publish
from eventbus.models import Cluster
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.small_partitions import small_partitions
from tests.eventbus.toys import Counted
from tests.eventbus.writers import writers

pytestmark = pytest.mark.usefixtures("toy_bus")
DEPLOYED = "eventbus", "0001_initial"


def ready() -> tuple[int, dict[str, Any]]:
    response = Client().get("/readyz")
    return response.status_code, response.json()


@transaction.atomic
def count(number: int) -> None:
    publish(Counted(counter="a", number=number))


def lag(name: str, severity: str) -> dict[str, str]:
    return {
        "check": "lag",
        "severity": severity,
        "means": f"{name} has not read 1 messages, the oldest published 0 s ago.",
        "step": "See that `manage.py relay` and a Celery worker for its queue run.",
    }


NO_RELAY = {
    "check": "relay",
    "severity": "critical",
    "means": "No relay leads: no worker is woken, and no timeout fires.",
    "step": "manage.py relay",
}


def test_a_shop_that_can_serve_is_ready() -> None:
    assert ready() == (200, {"status": "ok", "reasons": []})


@pytest.mark.parametrize(
    ("_bounds", "_status", "_severity"),
    [((0, 1e9), 200, "warning"), ((0, 0), 503, "critical")],
)
def test_a_bus_that_lags_is_told_and_too_much_of_it_closes_the_shop(
    _bounds: tuple[float, float], _status: int, _severity: str, settings: Settings
) -> None:
    count(1)
    settings.EVENTBUS = {**settings.EVENTBUS, "LIMITS": {"LAG_SECONDS": _bounds}}

    reasons = [lag("toys.counters", _severity), lag("toys.listener", _severity)]
    assert ready() == (_status, {"status": _severity, "reasons": reasons})


def test_a_missing_relay_matters_once_messages_wait(settings: Settings) -> None:
    settings.EVENTBUS = {"DISPATCH": "celery"}
    assert ready() == (200, {"status": "ok", "reasons": []})

    count(1)
    assert ready() == (503, {"status": "critical", "reasons": [NO_RELAY]})


def test_a_restored_log_closes_the_shop() -> None:
    Cluster.objects.update(system_identifier=42)
    try:
        status, answer = ready()
    finally:
        cluster.stamp()

    assert status == 503
    assert [(reason["check"], reason["step"]) for reason in answer["reasons"]] == [
        ("cluster", "manage.py rebase_log")
    ]


@pytest.fixture
def unapplied() -> Iterator[None]:
    """A database as before the last deploy."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = 'gone' WHERE (app, name) = (%s, %s)", DEPLOYED)
    yield
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = %s WHERE app = 'gone'", DEPLOYED[:1])


@pytest.mark.usefixtures("unapplied")
def test_a_database_behind_the_code_closes_the_shop() -> None:
    reason = {
        "check": "migrations",
        "severity": "critical",
        "means": "Not applied: eventbus.0001_initial.",
        "step": "manage.py migrate",
    }
    assert ready() == (503, {"status": "critical", "reasons": [reason]})


def test_a_database_that_is_away_closes_the_shop() -> None:
    with pytest.MonkeyPatch.context() as patch:
        connection.close()
        patch.setitem(connection.settings_dict, "PORT", 1)
        answer = ready()
    connection.close()

    reason = {
        "check": "database",
        "severity": "critical",
        "means": "The database does not answer.",
        "step": "",
    }
    assert answer == (503, {"status": "critical", "reasons": [reason]})


def test_dead_letters_are_a_persons_business_and_close_nothing(settings: Settings) -> None:
    def reject(message: Event | Command) -> None:
        raise Reject("card 4242 4242 4242 4242")

    toys.behaviour["listener"] = reject
    count(1)
    drain()
    settings.EVENTBUS = {**settings.EVENTBUS, "LIMITS": {"DEAD_LETTERS": (1, 1)}}

    reason = {
        "check": "dead letters",
        "severity": "warning",
        "means": "toys.listener could not take 1 messages; 1 streams wait for a decision.",
        "step": "manage.py dead_letters list --subscription toys.listener",
    }
    assert ready() == (200, {"status": "warning", "reasons": [reason]})


def test_strangers_hear_of_no_process(settings: Settings) -> None:
    settings.EVENTBUS = {"DISPATCH": "celery", "LIMITS": {"IDLE_SECONDS": (0, 0)}}
    with writers(1) as (idle,):
        idle.publish(1)
        count(1)
        assert "pid" not in str(ready()[1])


def test_a_look_is_a_handful_of_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ready()
    with django_assert_num_queries(8):
        ready()


def test_alive_asks_nobody() -> None:
    with pytest.MonkeyPatch.context() as patch:
        connection.close()
        patch.setitem(connection.settings_dict, "PORT", 1)
        alive = Client().get("/healthz")

    assert (alive.status_code, alive.content, alive["Cache-Control"].split(",")[0]) == (
        200,
        b"ok",
        "max-age=0",
    )


def test_a_cluster_that_is_not_on_record_is_told() -> None:
    Cluster.objects.all().delete()
    connection.close()
    try:
        status, answer = ready()
    finally:
        cluster.stamp()

    assert (status, answer["status"]) == (200, "warning")
    assert [(reason["check"], reason["step"]) for reason in answer["reasons"]] == [
        ("cluster", "manage.py migrate")
    ]


@pytest.mark.parametrize(
    ("_last", "_status", "_severity"), [(3, 200, "ok"), (7, 200, "warning"), (9, 503, "critical")]
)
def test_a_log_without_room_closes_the_shop(_last: int, _status: int, _severity: str) -> None:
    with small_partitions(5):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('eventbus_message', 'position'), %s)", [_last]
            )
        status, answer = ready()

    assert (status, answer["status"]) == (_status, _severity)
    checks = {(reason["check"], reason["step"]) for reason in answer["reasons"]}
    assert checks == ({("partitions", "manage.py migrate")} if _severity != "ok" else set())


def test_what_a_person_has_paused_closes_nothing(settings: Settings) -> None:
    settings.EVENTBUS = {**settings.EVENTBUS, "LIMITS": {"LAG_SECONDS": (0, 0)}}
    for name in ("toys.counters", "toys.listener"):
        pausing.pause(name, actor="me", reason="to see")
    count(1)

    status, answer = ready()
    assert (status, answer["status"]) == (200, "warning")
    assert {reason["step"] for reason in answer["reasons"]} == {
        "It is paused: manage.py subscriptions resume toys.counters",
        "It is paused: manage.py subscriptions resume toys.listener",
    }
