"""The shop in real processes, while what it stands on is taken away under load."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
import redis
from django.db import connection

from catalog.models import CatalogListingRow
from config.local.processes import LOOPBACK, free_port
from config.local.redis_server import Redis
from config.local.services import Services
from config.local.state import State
from eventbus.chaos import Diary
from eventbus.dispatch import LEADER_LOCK
from inventory.services import receive_stock
from tests.acceptance.processes import ROOT, answers, eventually, process, relay, worker
from tests.chaos.servers import PrivatePostgres, PrivateRedis
from tests.chaos.shelves import UNITS_OF_PLENTY, UNITS_OF_RARE, fill_shelves
from tests.chaos.shop import Shop
from tests.chaos.shopping import Shoppers, Told

SHOP = "tests.chaos.settings"
TAKE_OVER_SECONDS = 2.0

LEADER = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = %s
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


OPEN = """
SELECT (SELECT count(*) FROM orders_order WHERE state NOT IN ('shipped', 'cancelled')),
       (SELECT count(*) FROM eventbus_delivery),
       (SELECT count(*)
        FROM eventbus_message AS m JOIN eventbus_checkpoint AS lane ON m.type = ANY(lane.types)
        WHERE NOT pg_visible_in_snapshot(m.xid, lane.seen) AND lane.shard = m.shard % (
            SELECT count(*) FROM eventbus_checkpoint AS each WHERE each.subscription = lane.subscription)),
       (SELECT (SELECT sum(revision) FROM orders_order) - count(*) FROM chaos_witnessed)"""

UNPAID = """
SELECT o.id, o.state, captured, refunded
FROM orders_order AS o JOIN payments_payment AS p ON p.order_id = o.id
WHERE captured - refunded <> CASE o.state WHEN 'shipped' THEN total_amount ELSE 0 END"""

REPEATED = """
SELECT order_id, template FROM orders_notification WHERE order_id IS NOT NULL
GROUP BY order_id, template HAVING count(*) > 1"""

WITNESSED = "SELECT count(DISTINCT (stream, revision))::int FROM chaos_witnessed"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "processes.log"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Servers of this test's own."""
    own = Services(State(tmp_path / "servers"))
    yield own
    own.wipe()


def leader() -> str:
    """Which relay holds the lock, by the name of its session."""
    with connection.cursor() as cursor:
        cursor.execute(LEADER, [LEADER_LOCK])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def stands_by(name: str) -> bool:
    """Whether the relay of that name has asked for the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [name])
        return bool(cursor.fetchone()[0])


def listed(sku: str, units: int) -> bool:
    return CatalogListingRow.objects.filter(sku=sku, available=units).exists()


@contextmanager
def web(address: str, log: Path, redis_url: str) -> Generator[subprocess.Popen[bytes]]:
    """The storefront, open."""
    command = (
        "-m",
        "gunicorn",
        "config.wsgi",
        "--bind",
        address,
        "--worker-class",
        "gthread",
        "--threads",
        "4",
    )
    with process(*command, redis_url=redis_url, log=log, settings=SHOP) as running:
        eventually(lambda: answers(f"http://{address}/healthz"), log)
        yield running


def order_of(shoppers: Shoppers, seed: int) -> Told:
    """Have one shopper order, and return what she was told."""
    before = set(shoppers.told)
    shoppers.shop(Random(seed), Diary(lambda line: None))
    (told,) = (shoppers.told[order_id] for order_id in shoppers.told.keys() - before)
    return told


@pytest.mark.usefixtures("bus")
def test_another_relay_leads_within_two_seconds_of_the_leaders_death(
    services: Services, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = services.url(Redis())
    monkeypatch.setenv("PGAPPNAME", "relay-1")
    with relay(url, log) as first:
        eventually(lambda: leader() == "relay-1", log)
        monkeypatch.setenv("PGAPPNAME", "relay-2")
        with relay(url, log), worker(url, log):
            eventually(lambda: stands_by("relay-2"), log)
            first.send_signal(signal.SIGKILL)
            killed = time.monotonic()
            eventually(lambda: leader() == "relay-2", log)

            assert time.monotonic() - killed <= TAKE_OVER_SECONDS
            receive_stock(sku="MUG", quantity=3, reason="delivery")
            eventually(lambda: listed("MUG", 3), log)


@pytest.mark.usefixtures("bus")
def test_nothing_is_lost_while_the_broker_is_stopped_emptied_and_back(services: Services, log: Path) -> None:
    url = services.url(Redis())
    halfway, back = threading.Event(), threading.Event()

    def deliver_goods() -> None:
        for number in range(1, 101):
            receive_stock(sku=f"MUG-{number % 7}", quantity=1, reason="delivery")
            if number == 30:
                halfway.set()
            if number == 80:
                back.wait()
        connection.close()

    with ExitStack() as ending, relay(url, log), worker(url, log, processes=2):
        ending.callback(back.set)
        load = threading.Thread(target=deliver_goods)
        load.start()
        halfway.wait()
        services.stop()
        eventually(lambda: "broker_unreachable" in log.read_text(), log)
        assert services.url(Redis()) == url
        with redis.Redis.from_url(url) as client:
            client.flushall()
        back.set()
        load.join()

        expected = {f"MUG-{number}": len(range(number or 7, 101, 7)) for number in range(7)}
        eventually(lambda: dict(CatalogListingRow.objects.values_list("sku", "available")) == expected, log)


@pytest.mark.usefixtures("bus")
def test_placing_an_order_asks_the_broker_nothing(services: Services, log: Path) -> None:
    fill_shelves()
    url, address = services.url(Redis()), f"{LOOPBACK}:{free_port()}"
    shoppers = Shoppers(f"http://{address}")
    with web(address, log, url):
        with redis.Redis.from_url(url, decode_responses=True) as client:
            client.config_resetstat()
            order_of(shoppers, seed=1)
            asked, stats = client.info("commandstats"), client.info("stats")
        assert set(asked) <= {"cmdstat_config|resetstat", "cmdstat_info"}
        assert stats["total_connections_received"] == 0

        services.stop()
        order_of(shoppers, seed=2)
    assert len(shoppers.told) == 2


def test_postgres_restarted_under_load_loses_and_doubles_nothing(
    services: Services,
) -> None:
    shop = Shop(services.state)
    postgres, broker = PrivatePostgres(services), PrivateRedis(services)
    environment = {**os.environ, **shop.environment(postgres, broker)}
    subprocess.run([sys.executable, "-m", "tests.acceptance.opening"], cwd=ROOT, env=environment, check=True)
    shoppers, enough = Shoppers(shop.address), threading.Event()
    programs = shop.programs(postgres, broker)
    with ExitStack() as stack:
        for program in programs:
            stack.callback(program.stop)
            program.start()
        customers = [threading.Thread(target=keep_shopping, args=(shoppers, n, enough)) for n in range(3)]
        for customer in customers:
            customer.start()
        stack.callback(enough.set)
        log = programs[1].log
        eventually(lambda: len(shoppers.told) >= 5, log)
        postgres.send(signal.SIGQUIT)
        postgres.start()
        seen = len(shoppers.told)
        eventually(lambda: len(shoppers.told) >= seen + 5, log)
        enough.set()
        for customer in customers:
            customer.join()
        with closing(psycopg.connect(postgres.url, autocommit=True)) as session:
            eventually(lambda: ask(session, OPEN) == [(0, 0, 0, 0)], log)
            assert [program.ended() for program in programs] == [""] * len(programs)
            assert_books(session, shoppers)


def keep_shopping(shoppers: Shoppers, seed: int, enough: threading.Event) -> None:
    random, diary = Random(seed), Diary(lambda line: None)
    while not enough.is_set():
        shoppers.shop(random, diary)


def ask(session: psycopg.Connection, question: str) -> list[tuple[Any, ...]]:
    return session.execute(question).fetchall()


def assert_books(session: psycopg.Connection, shoppers: Shoppers) -> None:
    """Every order that a shopper was told of came to one ending, with its money, goods and mails, once."""
    states = dict(ask(session, "SELECT id, state FROM orders_order"))
    assert states.keys() == shoppers.told.keys()
    units = sum(
        sum(told.quantities.values()) for told in shoppers.told.values() if states[told.order_id] == "shipped"
    )
    on_the_shelf = 5 * UNITS_OF_PLENTY + 5 * UNITS_OF_RARE - units
    assert ask(session, "SELECT sum(on_hand), sum(reserved) FROM inventory_stockitem") == [(on_the_shelf, 0)]
    assert ask(session, UNPAID) == []
    assert ask(session, REPEATED) == []
    assert ask(session, WITNESSED) == ask(session, "SELECT sum(revision)::int FROM orders_order")
