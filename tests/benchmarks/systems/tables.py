"""The tables of a system: made, tidied, and weighed."""

from django.core.management import call_command
from django.db import connection

from tests.benchmarks.systems.business import stock_shelves
from tests.benchmarks.systems.contract import system

WEIGHED = """
SELECT coalesce(sum(pg_total_relation_size(relid)), 0), coalesce(sum(n_tup_upd + n_tup_del), 0)
FROM pg_stat_user_tables WHERE relname NOT LIKE 'benchmarks%'"""


def prepare() -> None:
    """Make every table."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    stock_shelves()
    system().prepare()


def tidy() -> None:
    """Leave no dead rows, and fresh statistics, to every system alike."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def weigh() -> dict[str, int]:
    """Bytes of the system's own tables with their indexes, and row versions it has killed so far.

    Postgres counts the latter up to ten seconds late.
    """
    with connection.cursor() as cursor:
        cursor.execute(WEIGHED)
        size, killed = cursor.fetchone()
    return {"bytes": int(size), "killed": int(killed)}
