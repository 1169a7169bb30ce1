# mypy: disable-error-code="import-not-found, untyped-decorator, misc, no-any-return"
# The package is there only in a peer's own process.
"""eventsourcing (Postgres): an aggregate per message, saved in a transaction of its own."""

import os
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from tests.benchmarks.systems.contract import Count

BATCH = 500


class Counted(Aggregate):
    """One message."""

    @event("Created")
    def __init__(self, counter: str, number: int, note: str) -> None:
        self.counter, self.number, self.note = counter, number, note


class Tallies(Application[UUID]):
    """The log."""


def environment() -> dict[str, str]:
    """Its settings, with the option that makes it fastest: functions in the database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.path.strip("/"),
        "POSTGRES_HOST": url.hostname or "",
        "POSTGRES_PORT": str(url.port or 5432),
        "POSTGRES_USER": url.username or "",
        "POSTGRES_PASSWORD": url.password or "none",
        "POSTGRES_ENABLE_DB_FUNCTIONS": "y",
    }


@cache
def application() -> Any:
    """The application of this process."""
    return Tallies(environment())


def prepare() -> None:
    """Make its tables."""
    application()


def publish(count: Count) -> None:
    """Save one aggregate: beside the open transaction, never in it."""
    application().save(Counted(**count._asdict()))


def fill(counts: Iterable[Count]) -> None:
    """Save aggregates in batches."""
    waiting = iter(counts)
    while batch := [Counted(**count._asdict()) for count in islice(waiting, BATCH)]:
        application().save(*batch)
