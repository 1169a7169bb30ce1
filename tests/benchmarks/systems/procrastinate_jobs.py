# mypy: disable-error-code="import-not-found, untyped-decorator, no-any-return, misc"
# The package is there only in a peer's own process.
"""procrastinate: a job per event, deferred in the transaction through Django's connection."""

import os
from collections.abc import Iterable
from itertools import islice

from procrastinate.contrib.django import app
from psycopg_pool import AsyncConnectionPool

from tests.benchmarks.systems.contract import Count
from tests.benchmarks.systems.effects import upsert

BATCH = 500
_pools: list[AsyncConnectionPool] = []


@app.task(name="benchmarks.tally")
async def tally(counter: str, number: int, note: str) -> None:
    """Count once more, on one of a few connections that stay open."""
    if not _pools:
        _pools.append(_new_pool())
        await _pools[0].open()
    async with _pools[0].connection() as connection:
        await connection.execute(upsert(), [counter, number])


def _new_pool() -> AsyncConnectionPool:
    url = os.environ["DATABASE_URL"]
    return AsyncConnectionPool(url, min_size=2, max_size=10, open=False, kwargs={"autocommit": True})


def prepare() -> None:
    """The migrations are all it needs."""


def publish(count: Count) -> None:
    """Defer one job, in the open transaction."""
    tally.defer(**count._asdict())


def fill(counts: Iterable[Count]) -> None:
    """Defer jobs in batches."""
    waiting = iter(counts)
    while batch := [count._asdict() for count in islice(waiting, BATCH)]:
        tally.batch_defer(*batch)
