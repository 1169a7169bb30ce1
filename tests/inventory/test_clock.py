"""The clock: what it asks for exists, somebody does it, and it does what it says."""

from uuid import uuid4

import pytest
from celery import current_app
from django.conf import settings

from config.local import running
from eventbus.testing import published
from inventory import services
from inventory.events import StockExpired
from inventory.tasks import expire_reservations
from tests.inventory.builders import counters, held_too_long, lines, on_the_shelf


def test_whatever_the_clock_asks_for_is_a_task_on_a_queue_that_has_a_worker() -> None:
    current_app.loader.import_default_modules()
    served = {
        queue
        for command in running.commands(8000, 8090).values()
        if "-Q" in command
        for queue in command.partition("-Q ")[2].split(",")
    }

    assert settings.CELERY_BEAT_SCHEDULE
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        assert entry["task"] in current_app.tasks, name
        assert entry["options"].get("queue", settings.CELERY_TASK_DEFAULT_QUEUE) in served, name


def test_a_round_that_nobody_took_up_is_forgotten_when_the_next_one_comes() -> None:
    late = {
        name: entry["options"]["expires"]
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
        if entry["options"]["expires"] > entry["schedule"]
    }

    assert late == {}


def test_make_run_has_a_clock() -> None:
    assert " beat " in running.commands(8000, 8090)["clock"]


@pytest.mark.usefixtures("bus")
def test_a_round_frees_all_that_was_held_too_long_however_much_it_is() -> None:
    on_the_shelf(MUG=300)
    due = {held_too_long(MUG=1) for _ in range(101)}
    services.reserve_stock(order_id=uuid4(), lines=lines(MUG=2), hold_seconds=900)

    with published() as events:
        expire_reservations.apply(throw=True)

    assert {event.order_id for event in events if isinstance(event, StockExpired)} == due
    assert (len(events), counters("MUG")) == (101, [(300, 2)])
