"""The bus itself: one INSERT into the log; a projection behind relay, Celery and worker."""

from collections.abc import Iterable

from django.db import transaction

from eventbus import publish as append
from tests.benchmarks.events import Tallied
from tests.benchmarks.systems.contract import Count

BATCH = 5_000


def prepare() -> None:
    """The migrations are all it needs."""


def publish(count: Count) -> None:
    """Append one event to the log, in the open transaction."""
    append(Tallied(counter=count.counter, number=count.number, note=count.note))


def fill(counts: Iterable[Count]) -> None:
    """Append events by the thousand, in one transaction."""
    events = [Tallied(counter=count.counter, number=count.number, note=count.note) for count in counts]
    with transaction.atomic():
        for start in range(0, len(events), BATCH):
            append(*events[start : start + BATCH])
