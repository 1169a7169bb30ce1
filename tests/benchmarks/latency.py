"""From commit to projection, through relay, Celery and worker, at 200 messages a second."""

import threading
import time

from django.db import connection, transaction

from eventbus import publish
from tests.benchmarks.events import Tallied
from tests.benchmarks.models import Tally

MESSAGES, PER_SECOND = 1_000, 200
PATIENCE_SECONDS = 60.0


def milliseconds() -> list[float]:
    """The latency of each message, sorted."""
    Tally.objects.all().delete()
    committed = [0.0] * MESSAGES
    publisher = threading.Thread(target=_publish, args=(committed,))
    publisher.start()
    seen = _watch()
    publisher.join()
    return sorted((seen[number] - committed[number]) * 1000 for number in range(MESSAGES))


def _publish(committed: list[float]) -> None:
    start = time.perf_counter()
    for number in range(MESSAGES):
        time.sleep(max(0.0, start + number / PER_SECOND - time.perf_counter()))
        with transaction.atomic():
            publish(Tallied(counter=f"m{number}", number=number))
        committed[number] = time.perf_counter()
    connection.close()


def _watch() -> dict[int, float]:
    """When each message's row appeared, looked at every two milliseconds; rows appear in order."""
    seen: dict[int, float] = {}
    with connection.cursor() as cursor:
        end = time.perf_counter() + PATIENCE_SECONDS
        while len(seen) < MESSAGES:
            assert time.perf_counter() < end, f"{len(seen)} seen, and no more"
            cursor.execute("SELECT total FROM benchmarks_tally WHERE total >= %s", [len(seen)])
            now = time.perf_counter()
            seen |= {number: now for (number,) in cursor.fetchall()}
            time.sleep(0.002)
    return seen
