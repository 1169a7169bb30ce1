# mypy: disable-error-code="import-not-found, no-any-return, misc"
# The package is there only in a peer's own process.
"""pgqueuer: a job per event, enqueued in the transaction through Django's connection."""

import asyncio
import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

import asyncpg
from django.db import connection
from pgqueuer.queries import Queries, SyncQueries
from psycopg import RawCursor
from psycopg.rows import dict_row

from tests.benchmarks.systems.addresses import address
from tests.benchmarks.systems.contract import Count

ENTRYPOINT = "tally"
BATCH = 500


class DjangoDriver:
    """Django's connection, as pgqueuer asks for one: its own driver refuses to work inside a transaction."""

    def fetch(self, query: str, *args: object) -> list[dict[str, Any]]:
        """Run a statement and return its rows."""
        connection.ensure_connection()
        with RawCursor(connection.connection, row_factory=dict_row) as cursor:
            return cursor.execute(query, args or None).fetchall()


def prepare() -> None:
    """Install its tables, logged ones, as it does by default."""
    asyncio.run(_install())


async def _install() -> None:
    own = await asyncpg.connect(address())
    await Queries.from_asyncpg_connection(own).install()
    await own.close()


def publish(count: Count) -> None:
    """Enqueue one job, in the open transaction."""
    SyncQueries(DjangoDriver()).enqueue(ENTRYPOINT, _payload(count))


def fill(counts: Iterable[Count]) -> None:
    """Enqueue jobs in batches."""
    waiting = iter(counts)
    while batch := [_payload(count) for count in islice(waiting, BATCH)]:
        size = len(batch)
        SyncQueries(DjangoDriver()).enqueue([ENTRYPOINT] * size, batch, [0] * size)


def _payload(count: Count) -> bytes:
    return json.dumps(count._asdict()).encode()
