# mypy: disable-error-code="import-not-found, untyped-decorator, misc"
# The package is there only in a peer's own process.
"""pgqueuer's worker: what `pgq run` does, over asyncpg, its fastest driver, in batches."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
import pgqueuer
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.models import Job

from tests.benchmarks.systems.addresses import address
from tests.benchmarks.systems.effects import upsert

BATCH = 200
STATEMENT = upsert("$1::text", "$2::bigint")


@asynccontextmanager
async def manager() -> AsyncGenerator[PgQueuer]:
    """A worker with one connection for the queue, and a few for the handler."""
    url = address()
    own = await asyncpg.connect(url)
    async with asyncpg.create_pool(url, min_size=2, max_size=10) as handlers:
        worker = PgQueuer.from_asyncpg_connection(own)

        @worker.entrypoint("tally")
        async def tally(job: Job) -> None:
            count = json.loads(job.payload)
            await handlers.execute(STATEMENT, count["counter"], count["number"])

        yield worker
    await own.close()


if __name__ == "__main__":
    uvloop.run(pgqueuer.run(manager, batch_size=BATCH))
