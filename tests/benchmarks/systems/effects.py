"""What every handler does: one upsert; and how long it takes until all of them have happened."""

import time

from django.db import connection

from tests.benchmarks.systems.contract import counts, system

LOOK_SECONDS = 0.02
PATIENCE_SECONDS = 120.0


class Stuck(Exception):
    """Messages were published, and their effects do not come."""


def upsert(counter: str = "%s", number: str = "%s") -> str:
    """The statement of every handler, with the placeholders its driver wants."""
    return f"""
        INSERT INTO benchmarks_tally (counter, count, total, last_at)
        VALUES ({counter}, 1, {number}, now())
        ON CONFLICT (counter) DO UPDATE
        SET count = benchmarks_tally.count + 1, total = benchmarks_tally.total + EXCLUDED.total,
            last_at = EXCLUDED.last_at"""


def count_once_more(counter: str, number: int) -> None:
    """Do the upsert on Django's connection."""
    with connection.cursor() as cursor:
        cursor.execute(upsert(), [counter, number])


def clear() -> None:
    """Forget every effect."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE benchmarks_tally")


def counted() -> int:
    """How many messages have had their effect."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(count), 0) FROM benchmarks_tally")
        return int(cursor.fetchone()[0])


def delivery(messages: int) -> dict[str, float]:
    """Seconds from the commit of a backlog until its last effect can be seen.

    What was handled while the backlog was still being published is left out of `messages`.
    """
    clear()
    system().fill(counts(messages))
    start, already = time.perf_counter(), counted()
    wait_for(messages)
    return {"published": messages, "messages": messages - already, "seconds": time.perf_counter() - start}


def wait_for(messages: int) -> None:
    """Wait for so many effects. Raises Stuck where no further one has come for two minutes."""
    done, since = counted(), time.perf_counter()
    while done < messages:
        time.sleep(LOOK_SECONDS)
        now = counted()
        if now > done:
            done, since = now, time.perf_counter()
        elif time.perf_counter() - since > PATIENCE_SECONDS:
            raise Stuck(f"{done} of {messages} messages had their effect, and no more came")
