"""The bus in real processes, which are killed and whose broker goes away."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from kombu import Producer

from catalog.models import CatalogListingRow
from config.celery import app
from config.local.redis_server import Redis
from config.local.services import Services
from config.local.state import State
from eventbus import Command, Event, publish
from eventbus.tasks import deliver
from eventbus.testing import drain
from inventory.services import receive_stock
from tests.acceptance.processes import eventually, process, relay, worker
from tests.eventbus import toys
from tests.eventbus.toys import Counted

HOLD_EVERY_LANE = "LOCK TABLE eventbus_checkpoint IN ACCESS EXCLUSIVE MODE"
HELD_UP = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
RECEIVED = "Task eventbus.deliver"

pytestmark = pytest.mark.usefixtures("bus")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "processes.log"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Services]:
    """A Redis of this test's own."""
    services = Services(State(tmp_path / "broker"))
    yield services
    services.wipe()


def send_wake_ups(url: str, number: int) -> None:
    """Tell the workers so many times that the listing has work."""
    with app.connection_for_write(url) as opened:
        producer = Producer(opened)
        for _ in range(number):
            deliver.apply_async(("catalog.catalog_listing", 0), queue="projections", producer=producer)


def held_up() -> int:
    """How many workers' processes wait for what this test holds."""
    with connection.cursor() as cursor:
        cursor.execute(HELD_UP)
        return int(cursor.fetchone()[0])


def listed(sku: str, units: int) -> bool:
    return CatalogListingRow.objects.filter(sku=sku, available=units).exists()


def test_a_message_travels_through_relay_celery_and_worker(broker: Services, log: Path) -> None:
    url = broker.url(Redis())
    with relay(url, log), worker(url, log):
        receive_stock(sku="MUG", quantity=3, reason="delivery")

        eventually(lambda: listed("MUG", 3), log)


def test_what_is_published_while_the_broker_is_down_arrives_when_it_is_back(
    broker: Services, log: Path
) -> None:
    url = broker.url(Redis())
    with relay(url, log), worker(url, log):
        receive_stock(sku="MUG", quantity=1, reason="delivery")
        eventually(lambda: listed("MUG", 1), log)
        broker.stop()

        receive_stock(sku="MUG", quantity=2, reason="delivery")
        eventually(lambda: "broker_unreachable" in log.read_text(), log)
        assert listed("MUG", 1)

        assert broker.url(Redis()) == url
        eventually(lambda: listed("MUG", 3), log)


def test_a_worker_outlives_a_broker_that_goes_while_wake_ups_are_in_hand(broker: Services, log: Path) -> None:
    receive_stock(sku="MUG", quantity=3, reason="delivery")
    url = broker.url(Redis())
    with worker(url, log, processes=2) as running:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(HOLD_EVERY_LANE)
            send_wake_ups(url, 3)
            eventually(lambda: held_up() == 2 and log.read_text().count(RECEIVED) == 3, log)
            broker.stop()
            eventually(lambda: "Connection to broker lost" in log.read_text(), log)
        assert broker.url(Redis()) == url
        with relay(url, log):
            eventually(lambda: listed("MUG", 3), log)
            receive_stock(sku="MUG", quantity=1, reason="delivery")
            eventually(lambda: running.poll() is not None or listed("MUG", 4), log)

        assert running.poll() is None, log.read_text()[-4000:]


def test_a_killed_worker_leaves_nothing_half_done_and_its_message_to_the_next(
    toy_bus: None, log: Path
) -> None:
    with transaction.atomic():
        publish(Counted(counter="a", number=1))

    with process("-m", "tests.acceptance.dying_worker", log=log) as dying:
        assert dying.wait(60) == -signal.SIGKILL, log.read_text()
    assert not toys.CounterRow.objects.filter(counter="effect").exists()

    def take_effect(message: Event | Command) -> None:
        toys.CounterRow.objects.create(counter="effect", total=1)

    toys.behaviour["listener"] = take_effect
    drain()
    assert toys.CounterRow.objects.get(counter="effect").total == 1
