"""Two real transactions want the same revision of a stream, one in each of two partitions: one gets it."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg import ClientCursor

from eventbus import ConcurrencyError, outbox, publish, read_stream, sql
from eventbus.context import Cause, Draft
from tests.eventbus.toys import Counted
from tests.eventbus.writers import Writer, writers

pytestmark = pytest.mark.usefixtures("log_in_tens")
PATIENCE_SECONDS = 30.0
LAST_OF_PARTITION = 9


class Rival(threading.Thread):
    """Appends a revision on a connection of its own, and keeps what came of it."""

    def __init__(self, revision: int) -> None:
        super().__init__()
        self.revision = revision
        self.outcome: object = None

    def run(self) -> None:
        """Publish, and commit."""
        try:
            with transaction.atomic():
                publish(Counted(counter="a", number=2), revision=self.revision)
            self.outcome = "appended"
        except ConcurrencyError as error:
            self.outcome = error
        finally:
            connection.close()


def append(writer: Writer, revision: int) -> None:
    """Append a revision in the writer's transaction, which stays open."""
    record = Draft(Counted(counter="a", number=1), Cause(), revision)
    ClientCursor(writer.connection).execute(sql.APPEND_REVISION, outbox._row(record, timezone.now()))


def wait_until_blocked_by(writer: Writer, rival: Rival) -> None:
    """Until somebody waits for the writer's transaction to end; the rival must not have got through."""
    end = time.monotonic() + PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))",
                [writer.connection.info.backend_pid],
            )
            if cursor.fetchone()[0]:
                return
            assert rival.is_alive(), f"not held up: {rival.outcome!r}"
            assert time.monotonic() < end, "nobody waits for the first writer"


def meet(revision: int, end: Callable[[Writer], None]) -> object:
    """Let two writers append the revision; the first ends as told once the second waits for it."""
    with writers(1) as (first,):
        append(first, revision)
        rival = Rival(revision)
        rival.start()
        wait_until_blocked_by(first, rival)
        end(first)
        rival.join(PATIENCE_SECONDS)
    return rival.outcome


def begin_stream(revision: int) -> None:
    """Let the stream stand right before the revision, its log before the last place of a partition."""
    for number in range(1, revision):
        with transaction.atomic():
            publish(Counted(counter="a", number=0), revision=number)
    with transaction.atomic():
        publish(*(Counted(counter="b", number=0) for _ in range(LAST_OF_PARTITION - revision)))


@pytest.mark.parametrize("revision", [1, 2])
def test_the_first_commits_and_the_second_is_refused(revision: int) -> None:
    begin_stream(revision)

    outcome = meet(revision, Writer.commit)

    assert isinstance(outcome, ConcurrencyError)
    assert str(outcome).startswith(f"counter-a is not where revision {revision} follows")
    assert [(e.revision, e.position) for e in read_stream("counter-a", after=revision - 1)] == [
        (revision, LAST_OF_PARTITION)
    ]


@pytest.mark.parametrize("revision", [1, 2])
def test_the_first_rolls_back_and_the_second_is_appended_behind_the_boundary(revision: int) -> None:
    begin_stream(revision)

    assert meet(revision, Writer.rollback) == "appended"

    assert [(e.revision, e.position) for e in read_stream("counter-a", after=revision - 1)] == [
        (revision, LAST_OF_PARTITION + 1)
    ]


def test_a_stream_goes_on_gapless_over_the_boundary() -> None:
    begin_stream(1)
    for revision in range(1, 5):
        with transaction.atomic():
            publish(Counted(counter="a", number=revision), revision=revision)

    assert [(e.revision, e.position) for e in read_stream("counter-a")] == [(1, 9), (2, 10), (3, 11), (4, 12)]
