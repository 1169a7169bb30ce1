"""A log of ten million messages beside one of ten thousand: what grows with it, and what does not.

Both are databases of their own, filled at once and then used in turn, round by round.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from statistics import median
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from eventbus import draining, publish
from eventbus.checkpoints import ensure_checkpoints
from eventbus.lanes import deliver_lane
from eventbus.subscriptions import subscription
from eventbus.watching import LogWatch, lanes_behind
from tests.benchmarks import databases
from tests.benchmarks.events import Tallied
from tests.benchmarks.models import Tally
from tests.eventbus.long_log import RARE, fill, long_reads

SHORT, LONG = 10_000, 10_000_000
ROUNDS = 5
PUBLISHED, DELIVERED, COUNTERS = 100, 5_000, 2_000
LIST = "/admin/eventbus/message/"
LANE = ("benchmarks.tallies", 0)
PAGES = {
    "first page": "",
    "filtered by type": "?type=long.type2",
    "filtered by a rare type": f"?type={RARE}",
    "of one stream": "?q=order-1200",
    "of one story": f"?q={UUID('c' + '0' * 28 + '4b0')}",
    "in the middle": "?before={middle}",
    "at the end": "?before=101",
}
Report = Callable[[str, list[float]], object]


def report(row: Report) -> None:
    """Measure, and hand each row its name and its values: long ÷ short, one of each round."""
    with _log("short", SHORT) as short, _log("long", LONG) as long:
        for address, messages in ((short, SHORT), (long, LONG)):
            with _at(address):
                _check_plans(messages)
        rounds = [(_measured(short, SHORT), _measured(long, LONG)) for _ in range(ROUNDS)]
    for name in rounds[0][0]:
        row(f"{name}: 10M ÷ 10k", [after[name] / before[name] for before, after in rounds])


@contextmanager
def _log(name: str, messages: int) -> Generator[str]:
    """A database with a log of that length; its name."""
    server = _address()
    address = databases.create(server, name)
    try:
        with _at(address):
            call_command("migrate", run_syncdb=True, verbosity=0)
            ensure_checkpoints()
            fill(messages)
        yield address
    finally:
        databases.drop(server, address)


def _address() -> str:
    given = connection.settings_dict
    account = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
    return f"postgres://{account}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


@contextmanager
def _at(address: str) -> Generator[None]:
    """Work on another database of the same server."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = address.rpartition("/")[2]
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _measured(address: str, messages: int) -> dict[str, float]:
    """Seconds that each thing takes on one of the logs."""
    with _at(address):
        client, watch = _staff(), LogWatch()
        found = {"publishing one message": _seconds(_publish, PUBLISHED)}
        draining.deliver(LANE)
        found["delivering a backlog to a projection"] = _deliver()
        _let_idle_lanes_move_up()
        for name, look in _looks(watch).items():
            found[name] = _seconds(look, 50)
        for name, page in _pages(client, messages).items():
            found[f"admin's message list, {name}"] = _seconds(page, 5)
    return found


def _seconds(work: Callable[[], object], times: int) -> float:
    work()
    return median(_timed(work) for _ in range(times))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _staff() -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(
        get_user_model().objects.get_or_create(username="a", is_staff=True, is_superuser=True)[0]
    )
    return client


@transaction.atomic
def _publish(messages: int = 1) -> None:
    for start in range(0, messages, 1000):
        numbers = range(start, min(start + 1000, messages))
        publish(*(Tallied(counter=f"c{number % COUNTERS}", number=number) for number in numbers))


def _deliver() -> float:
    Tally.objects.all().delete()
    _publish(DELIVERED)
    return _timed(lambda: draining.deliver(LANE))


def _let_idle_lanes_move_up() -> None:
    """As a relay does from time to time: a look passes over all that a lane has not seen."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE eventbus_checkpoint SET seen = pg_current_snapshot()")


def _looks(watch: LogWatch) -> dict[str, Callable[[], Any]]:
    lane = subscription(LANE[0])
    return {
        "an idle lane's look": lambda: list(deliver_lane(lane, LANE[1], timezone.now())),
        "the relay's look": watch.woken,
        "the relay's sweep of all lanes": lanes_behind,
    }


def _pages(client: Client, messages: int) -> dict[str, Callable[[], Any]]:
    def opened(query: str) -> Callable[[], None]:
        def page() -> None:
            assert client.get(LIST + query).status_code == 200

        return page

    return {name: opened(query.format(middle=messages // 2)) for name, query in PAGES.items()}


def _check_plans(messages: int) -> None:
    """Nothing may read a partition from end to end."""
    works: dict[str, Callable[[], Any]] = {
        "publishing": _publish,
        "delivering": _deliver,
        **_looks(LogWatch()),
        **_pages(_staff(), messages),
    }
    scans = {name: found for name, work in works.items() if (found := long_reads(work))}
    assert not scans, f"These read a partition of the log from end to end: {scans}"
