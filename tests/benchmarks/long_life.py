"""A log of ten million messages beside one of ten thousand: what grows with it, and what does not.

Both are databases of their own, filled at once. Then each thing is done with the one and with the other in
turn, time after time, so that whatever else the machine does falls on both.
"""

import gc
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from statistics import median
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import ProgrammingError, connection, connections, transaction
from django.test import Client
from django.utils import timezone

from eventbus import draining, publish
from eventbus.checkpoints import ensure_checkpoints
from eventbus.lanes import deliver_lane
from eventbus.preparing import planned_once
from eventbus.subscriptions import subscription
from eventbus.watching import LogWatch, lanes_behind
from tests.benchmarks import databases
from tests.benchmarks.events import Tallied
from tests.benchmarks.models import Tally
from tests.eventbus.long_log import RARE, fill, long_reads

SHORT, LONG = 10_000, 10_000_000
ROUNDS = 5
PUBLISHED, DELIVERED, BACKLOGS, COUNTERS = 200, 5_000, 15, 2_000
LOOKS, OPENED = 50, 10
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
Seconds = Callable[[], float]


class Log:
    """A database with a log of some length, and a thread that works on it."""

    def __init__(self, address: str, messages: int) -> None:
        self.messages = messages
        self.thread = ThreadPoolExecutor(1, initializer=_use, initargs=(address.rpartition("/")[2],))
        self.works: dict[str, Seconds] = {}

    def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Have something done by the log's thread; returns what comes of it."""
        return self.thread.submit(work, *arguments).result()

    def end(self) -> None:
        """Let go of the database."""
        self.do(connections.close_all)
        self.thread.shutdown()


def _use(database: str) -> None:
    connection.settings_dict = {**connection.settings_dict, "NAME": database}


def report(row: Report) -> None:
    """Measure, and hand each row its name and its values: long ÷ short, one of each round."""
    with _log("short", SHORT) as short, _log("long", LONG) as long:
        for log in (short, long):
            log.do(_check_plans, log.messages)
            log.works = log.do(_works, log.messages)
        gc.collect()
        gc.freeze()  # a collector that looks through all of Django pauses for as long as a backlog takes
        rounds = [_round(short, long) for _ in range(ROUNDS)]
    for name in short.works:
        row(f"{name}: 10M ÷ 10k", [ratios[name] for ratios in rounds])


@contextmanager
def _log(name: str, messages: int) -> Generator[Log]:
    """A database with a log of that length."""
    server = _address()
    address = databases.create(server, name)
    log = Log(address, messages)
    try:
        log.do(_fill, messages)
        yield log
    finally:
        log.end()
        databases.drop(server, address)


def _address() -> str:
    given = connection.settings_dict
    account = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
    return f"postgres://{account}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


def _fill(messages: int) -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    ensure_checkpoints()
    fill(messages)
    with suppress(ProgrammingError), connection.cursor() as cursor:  # needs a right that not everybody has
        cursor.execute("CHECKPOINT")


def _round(short: Log, long: Log) -> dict[str, float]:
    """How many times as long each thing takes with the long log."""
    return {name: _ratio(short, long, name) for name in short.works}


def _ratio(short: Log, long: Log, name: str) -> float:
    taken: dict[Log, list[float]] = {short: [], long: []}
    for log in (short, long):
        log.do(draining.drain)  # idle lanes move up, as a relay lets them; and the first time is not counted
        log.do(log.works[name])
    for turn in range(_times(name)):
        for log in (short, long) if turn % 2 else (long, short):
            taken[log].append(log.do(log.works[name]))
    return median(taken[long]) / median(taken[short])


def _times(name: str) -> int:
    kinds = {"publishing": PUBLISHED, "delivering": BACKLOGS, "admin's": OPENED}
    return kinds.get(name.partition(" ")[0], LOOKS)


def _works(messages: int) -> dict[str, Seconds]:
    return {
        "publishing one message": partial(_timed, _publish),
        "delivering a backlog to a projection": _deliver,
        "an idle lane's look": partial(_timed, _look_at_a_lane),
        **{name: partial(_timed_in_a_relay, look) for name, look in _relays_looks(LogWatch()).items()},
        **{
            f"admin's message list, {name}": partial(_timed, page)
            for name, page in _pages(_staff(), messages).items()
        },
    }


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _timed_in_a_relay(look: Callable[[], object]) -> float:
    with planned_once():
        return _timed(look)


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


def _look_at_a_lane() -> None:
    assert sum(deliver_lane(subscription(LANE[0]), LANE[1], timezone.now())) == 0


def _relays_looks(watch: LogWatch) -> dict[str, Callable[[], Any]]:
    return {"the relay's look": watch.woken, "the relay's sweep of all lanes": lanes_behind}


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
        "looking": _look_at_a_lane,
        **_relays_looks(LogWatch()),
        **_pages(_staff(), messages),
    }
    scans = {name: found for name, work in works.items() if (found := long_reads(work))}
    assert not scans, f"These read a partition of the log from end to end: {scans}"
