"""The same row written by a Celery task per message: one upsert each."""

from celery import shared_task
from django.db import connection

UPSERT = """
INSERT INTO benchmarks_tally (counter, count, total, last_at) VALUES (%s, 1, %s, now())
ON CONFLICT (counter) DO UPDATE
SET count = benchmarks_tally.count + 1, total = benchmarks_tally.total + EXCLUDED.total,
    last_at = EXCLUDED.last_at"""


@shared_task(name="benchmarks.tally", ignore_result=True, queue="handlers")
def tally(counter: str, number: int) -> None:
    """Count once more."""
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [counter, number])
