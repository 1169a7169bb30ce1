"""A rolling deploy of an event's second version: processes of the release before beside today's."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from eventbus.models import Delivery, Message
from orders import queries
from orders.events import Requester
from orders.services import request_cancellation
from orders.services.fulfilling import record
from tests.acceptance.processes import ROOT, environment, eventually
from tests.orders.builders import ORDER, an_order_placed

BEFORE, TODAY = "tests.acceptance.deploys.before_settings", "config.settings"
TYPE = "orders.cancellation_requested"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "processes.log"


@contextmanager
def delivering(settings: str, log: Path) -> Generator[None]:
    """A relay of one release that delivers by itself, stopped as a deploy stops it."""
    with log.open("ab") as output:
        command = [sys.executable, "manage.py", "relay"]
        alone = environment(settings=settings) | {"EVENTBUS_DISPATCH": "manual"}
        running = subprocess.Popen(
            command, cwd=ROOT, env=alone, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield
        os.kill(running.pid, signal.SIGTERM)
        assert running.wait(20) == 0
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def waiting() -> list[tuple[str, str, int]]:
    """What an old process has left to newer ones."""
    found = Delivery.objects.filter(message__type=TYPE).values_list("subscription", "state", "attempts")
    return list(found)


@pytest.mark.usefixtures("bus")
def test_an_old_worker_leaves_version_two_to_a_newer_one(log: Path) -> None:
    with transaction.atomic():
        record(None, an_order_placed())
    with delivering(BEFORE, log):
        request_cancellation(order_id=ORDER, requested_by=Requester(role="staff", name="sam"), reason="x")
        eventually(lambda: waiting() == [("orders.checkout", "unknown", 0)], log)
    assert queries.order_state(ORDER).state == "placed"

    Delivery.objects.filter(message__type=TYPE).update(due_at=timezone.now())
    with delivering(TODAY, log):
        eventually(lambda: queries.order_state(ORDER).state == "cancelled", log)
    assert waiting() == []


@pytest.mark.usefixtures("bus")
def test_a_new_worker_takes_what_an_old_process_says(log: Path) -> None:
    with transaction.atomic():
        record(None, an_order_placed())
    said = "from orders.services import request_cancellation as ask; from uuid import UUID; "
    said += f"ask(order_id=UUID('{ORDER}'), requested_by='sam', reason='x')"
    old = environment(settings=BEFORE) | {"EVENTBUS_DISPATCH": "manual"}
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", said], cwd=ROOT, env=old, check=True
    )
    assert Message.objects.filter(type=TYPE).values_list("version", "data__requested_by").get() == (1, "sam")

    with delivering(TODAY, log):
        eventually(lambda: queries.order_state(ORDER).state == "cancelled", log)
    assert queries.order_story(ORDER)[1].sentence == "sam asked to cancel: x"
