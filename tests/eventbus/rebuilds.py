"""What the tests of rebuilding share: rows to fold, and people at work beside it."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, connections, transaction

from eventbus import publish
from eventbus.projections import Projection
from tests.eventbus.toys import Counted, CounterRow

COUNTERS, MESSAGES = 40, 400

NAMES = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'toys_counter'::regclass
UNION SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'toys_counter' AND schemaname = 'public'
UNION SELECT 'right', relacl::text FROM pg_class WHERE oid = 'toys_counter'::regclass
ORDER BY 1, 2"""


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def names() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        return [(name, definition) for name, definition in cursor.fetchall()]


@transaction.atomic
def count_up(start: int = 0, messages: int = MESSAGES) -> None:
    numbers = range(start, start + messages)
    publish(*(Counted(counter=f"c{number % COUNTERS}", number=number) for number in numbers))


def fail_at(number: int) -> Callable[[Projection, Counted], tuple[str]]:
    """A fold that cannot take the message of this number."""

    def keys(self: Projection, event: Counted) -> tuple[str]:
        if event.number == number:
            raise ValueError("not this one")
        return (event.counter,)

    return keys


def spoil() -> None:
    CounterRow.objects.filter(counter="c1").update(total=-1)
    CounterRow.objects.create(counter="nobody's")


def totals() -> dict[str, int]:
    return dict(CounterRow.objects.values_list("counter", "total"))


class Traffic:
    """Somebody at work beside a rebuild, on a connection of their own: one turn for every beat of it."""

    def __init__(self, act: Callable[[int], None]) -> None:
        self.act, self.turns, self.open = act, 0, True
        self.may, self.done = threading.Semaphore(1), threading.Semaphore(0)
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while self.may.acquire() and self.open:
            try:
                self.act(self.turns)
            except Exception as error:
                self.error = error
            self.turns += 1
            self.done.release()
        connection.close()

    def beat(self) -> None:
        """Wait until the last turn has ended, and let the next one run beside what follows."""
        assert self.done.acquire(timeout=60)
        self.may.release()

    def end(self) -> None:
        """Let the last turn end."""
        self.open = False
        self.may.release()
        self.thread.join()


@contextmanager
def traffic(*acts: Callable[[int], None]) -> Generator[list[Traffic]]:
    everybody = [Traffic(act) for act in acts]
    try:
        yield everybody
    finally:
        for one in everybody:
            one.end()
    assert [one.error for one in everybody] == [None] * len(everybody)


def in_another_thread(act: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(act).result()
        thread.submit(connections.close_all).result()
