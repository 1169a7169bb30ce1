"""From the publisher's commit until the handler's row can be seen."""

import threading
import time
from functools import partial

from django.db import connection, transaction

from tests.benchmarks.systems.contract import Count, system
from tests.benchmarks.systems.effects import PATIENCE_SECONDS, Stuck, clear

LOOK_SECONDS = 0.002


def latency(messages: int, per_second: int) -> list[float]:
    """The milliseconds of each message at a steady pace, sorted; looked at every two milliseconds."""
    clear()
    committed = [0.0] * messages
    publisher = threading.Thread(target=_publish, args=(committed, per_second))
    publisher.start()
    seen = _watch(messages)
    publisher.join()
    return sorted((seen[number] - committed[number]) * 1000 for number in range(messages))


def _publish(committed: list[float], per_second: int) -> None:
    start = time.perf_counter()
    for number in range(len(committed)):
        time.sleep(max(0.0, start + number / per_second - time.perf_counter()))
        with transaction.atomic():
            # The first to run after the commit: what a system does then is already its delivery.
            transaction.on_commit(partial(_stamp, committed, number))
            system().publish(Count(f"m{number}", number))
    connection.close()


def _stamp(committed: list[float], number: int) -> None:
    committed[number] = time.perf_counter()


def _watch(messages: int) -> dict[int, float]:
    seen: dict[int, float] = {}
    lowest, end = 0, time.perf_counter() + PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while len(seen) < messages:
            cursor.execute("SELECT total FROM benchmarks_tally WHERE total >= %s", [lowest])
            now = time.perf_counter()
            if now > end:
                raise Stuck(f"{len(seen)} of {messages} messages had their effect, and no more came")
            for (number,) in cursor.fetchall():
                seen.setdefault(number, now)
            while lowest in seen:
                lowest += 1
            time.sleep(LOOK_SECONDS)
    return seen
