"""A rolling deploy: processes of an old and a new release on one database, in any mixture."""

import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from config.local.redis_server import Redis
from config.local.services import Services
from config.local.state import State
from eventbus.models import Checkpoint, Delivery
from tests.acceptance.deploys import noting
from tests.acceptance.deploys.noting import noted
from tests.acceptance.processes import ROOT, environment, eventually, relay, worker

KINDS = ("note", "call")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "processes.log"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """A Redis of this test's own."""
    services = Services(State(tmp_path / "broker"))
    yield services.url(Redis())
    services.wipe()


@pytest.fixture(autouse=True)
def notebook(bus: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(noting.CREATE)
        yield
        cursor.execute(noting.DROP)


def settings_of(release: str) -> str:
    return f"tests.acceptance.deploys.{release}_settings"


@contextmanager
def running(release: str, broker: str, log: Path) -> Generator[None]:
    """A relay and a worker of one release, which have found their lanes."""
    with (
        relay(broker, log, settings=settings_of(release)) as watching,
        worker(broker, log, level="warning", settings=settings_of(release)) as working,
    ):
        eventually(lambda: Checkpoint.objects.filter(subscription="deploys.note").exists(), log)
        yield
        for process in (watching, working):
            process.send_signal(signal.SIGTERM)


def say(release: str, name: str, parcel: str, number: int) -> None:
    """Publish as that release does."""
    command = [sys.executable, "-m", "tests.acceptance.deploys.saying", name, parcel, str(number)]
    subprocess.run(command, cwd=ROOT, env=environment(settings=settings_of(release)), check=True)


def migrate(release: str) -> None:
    """What every deployment does first: from here on the lanes listen to what this release listens to."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment(settings=settings_of(release)), check=True)


def left() -> list[tuple[str, str, int, str, int]]:
    """What waits for a process that can take it."""
    found = Delivery.objects.select_related("message").order_by("subscription", "message_id")
    return [(d.subscription, d.stream, d.message.data["number"], d.state, d.attempts) for d in found]


def all_noted_in_time(expected: dict[str, list[tuple[str, int]]]) -> bool:
    """Whether both kinds of handlers got this; the half minute until a second look is not waited for."""
    Delivery.objects.filter(state=Delivery.State.UNKNOWN).update(due_at=timezone.now())
    return all(noted(kind) == expected for kind in KINDS) and not left()


def waiting_for_the_new_release(kind: str) -> list[tuple[str, str, int, str, int]]:
    return [
        (f"deploys.{kind}", "parcel-A", 2, "unknown", 0),
        (f"deploys.{kind}", "parcel-A", 3, "waiting", 0),
    ]


def test_an_old_worker_leaves_a_new_version_and_what_follows_it_to_a_new_worker(
    broker: str, log: Path
) -> None:
    with running("old", broker, log):
        say("old", "Weighed", "A", 1)
        say("new", "Weighed", "A", 2)
        say("old", "Weighed", "A", 3)
        say("old", "Weighed", "B", 1)
        eventually(lambda: all(noted(kind) == {"A": [("old", 1)], "B": [("old", 1)]} for kind in KINDS), log)
        assert left() == waiting_for_the_new_release("call") + waiting_for_the_new_release("note")

    with running("new", broker, log):
        taken = {"A": [("old", 1), ("new", 2), ("new", 3)], "B": [("old", 1)]}
        eventually(lambda: all_noted_in_time(taken), log)


def test_beside_an_old_worker_the_new_one_takes_what_only_it_can_read(broker: str, log: Path) -> None:
    with running("old", broker, log), running("new", broker, log):
        for number in range(1, 6):
            say("new", "Weighed", "A", number)

        eventually(lambda: all_noted_in_time({"A": [("new", number) for number in range(1, 6)]}), log)


def test_an_old_worker_does_not_pass_over_a_type_that_only_the_new_release_knows(
    broker: str, log: Path
) -> None:
    with running("old", broker, log):
        say("old", "Weighed", "A", 1)
        migrate("new")
        say("new", "Posted", "A", 2)
        say("old", "Weighed", "B", 1)
        eventually(lambda: all(noted(kind) == {"A": [("old", 1)], "B": [("old", 1)]} for kind in KINDS), log)

    with running("new", broker, log):
        eventually(lambda: all_noted_in_time({"A": [("old", 1), ("new", 2)], "B": [("old", 1)]}), log)


def test_an_old_worker_that_starts_after_the_migration_takes_no_type_away(broker: str, log: Path) -> None:
    migrate("old")
    migrate("new")
    with running("old", broker, log):
        say("new", "Posted", "A", 1)
        say("old", "Weighed", "B", 1)
        eventually(lambda: all(noted(kind) == {"B": [("old", 1)]} for kind in KINDS), log)

    with running("new", broker, log):
        eventually(lambda: all_noted_in_time({"A": [("new", 1)], "B": [("old", 1)]}), log)


def test_after_a_roll_back_what_the_new_release_said_waits_until_it_is_back(broker: str, log: Path) -> None:
    with running("new", broker, log):
        say("new", "Weighed", "A", 1)
        eventually(lambda: all_noted_in_time({"A": [("new", 1)]}), log)
    say("new", "Weighed", "A", 2)

    with running("old", broker, log):
        say("old", "Weighed", "A", 3)
        say("old", "Weighed", "B", 1)
        eventually(lambda: all(noted(kind).get("B") == [("old", 1)] for kind in KINDS), log)
        assert left() == waiting_for_the_new_release("call") + waiting_for_the_new_release("note")

    with running("new", broker, log):
        taken = {"A": [("new", 1), ("new", 2), ("new", 3)], "B": [("old", 1)]}
        eventually(lambda: all_noted_in_time(taken), log)
