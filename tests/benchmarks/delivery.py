"""Messages per second to a projection, beside a Celery task per message."""

import time
from collections.abc import Callable

from django.db import transaction
from django.db.models import Sum

from eventbus import publish
from tests.benchmarks.events import Tallied
from tests.benchmarks.models import Tally
from tests.benchmarks.tasks import tally

MESSAGES, TASKS, COUNTERS = 50_000, 5_000, 2_000
PATIENCE_SECONDS = 60.0


def messages_per_second() -> float:
    """From the commit of a backlog until the projection, behind relay, Celery and worker, has it all."""
    Tally.objects.all().delete()
    with transaction.atomic():
        for start in range(0, MESSAGES, 5_000):
            numbers = range(start, start + 5_000)
            publish(*(Tallied(counter=f"c{number % COUNTERS}", number=number) for number in numbers))
    return MESSAGES / _seconds_until(lambda: _counted() == MESSAGES)


def tasks_per_second() -> float:
    """From the first task of a backlog that has run until the last."""
    Tally.objects.all().delete()
    for number in range(TASKS):
        tally.delay(f"c{number % COUNTERS}", number)
    already = _counted()
    return (TASKS - already) / _seconds_until(lambda: _counted() == TASKS)


def _counted() -> int:
    return Tally.objects.aggregate(count=Sum("count"))["count"] or 0


def _seconds_until(condition: Callable[[], bool]) -> float:
    start = time.perf_counter()
    while not condition():
        assert time.perf_counter() < start + PATIENCE_SECONDS, f"{_counted()} counted, and no more"
        time.sleep(0.02)
    return time.perf_counter() - start
