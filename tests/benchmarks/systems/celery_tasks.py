"""Celery with Redis: a task per event, sent after the commit."""

from collections.abc import Iterable

from celery import shared_task
from django.db import transaction

from config import celery_app
from tests.benchmarks.systems.contract import Count
from tests.benchmarks.systems.effects import count_once_more


@shared_task(name="benchmarks.tally", ignore_result=True, queue="benchmarks")
def tally(counter: str, number: int, note: str) -> None:
    """Count once more."""
    count_once_more(counter, number)


def prepare() -> None:
    """Forget the tasks of an earlier run."""
    with celery_app.connection_for_write() as broker:
        broker.SimpleQueue("benchmarks").clear()


def publish(count: Count) -> None:
    """Send a task once the transaction has committed."""
    transaction.on_commit(lambda: tally.delay(*count))


def fill(counts: Iterable[Count]) -> None:
    """Send one task after another: Celery has no other way."""
    for count in counts:
        tally.delay(*count)
