"""What every test starts from: real commits, and a bus that delivers only when a test drains it."""

from collections.abc import Iterator
from functools import cache

import pytest
from django.db import connection, transaction
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from eventbus.checkpoints import ensure_checkpoints

pytest_plugins = [
    "tests.fixtures.mailboxes",
    "tests.fixtures.sandbox",
    "tests.fixtures.serving",
    "tests.fixtures.small_shop",
    "tests.fixtures.toys",
]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, django_db_keepdb: bool
) -> Iterator[None]:
    """The tests' own database: made for tests that ask for `bus` as well as for those marked django_db."""
    with django_db_blocker.unblock():
        created = setup_databases(verbosity=0, interactive=False, keepdb=django_db_keepdb)
        remember_rules()
        yield
        if not django_db_keepdb:
            teardown_databases(created, verbosity=0)


# The rules that the shop starts with, written by a migration; a test that changes them puts them back.
RULES = ("orders_shippingrule", "orders_taxrule")
KEPT = {"django_migrations", "django_content_type", "auth_permission", "eventbus_cluster", *RULES}


@pytest.fixture
def bus(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database with real commits, an empty log, and every subscription at its start."""
    with django_db_blocker.unblock():
        put_rules_back()
        ensure_checkpoints()
        yield
        empty_tables()


LITTLE_BYTES = 256 * 1024
_WRITTEN = "(SELECT '{0}', pg_relation_size('\"{0}\"') FROM \"{0}\" LIMIT 1)"


@transaction.atomic
def empty_tables() -> None:
    """Empty the tables that a test has written to.

    Deleting a few rows takes a twentieth of the time of TRUNCATE, which makes a table and its indexes anew.
    The bus's own are made anew all the same: its tests count what is read, dead rows too.
    """
    assert connection.settings_dict["NAME"].startswith("test_")
    tables = sorted(set(connection.introspection.table_names()) - KEPT)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(map(_WRITTEN.format, tables)))
        sizes: dict[str, int] = dict(cursor.fetchall())
        little = {name for name, size in sizes.items() if size < LITTLE_BYTES and "eventbus" not in name}
        if not may_pass_triggers():
            little.clear()
        if large := [f'"{table}"' for table in sizes if table not in little]:
            cursor.execute(f"TRUNCATE {', '.join(large)} CASCADE")
        if little:
            cursor.execute("SET LOCAL session_replication_role = replica")  # ledgers let nobody delete
            cursor.execute(";".join(f'DELETE FROM "{table}"' for table in little))


@cache
def may_pass_triggers() -> bool:
    """Whether the tests' role may delete without being asked by triggers and foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


def remember_rules() -> None:
    """Keep a copy of the rules where Django does not look."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS kept")
        for table in RULES:
            cursor.execute(f"CREATE TABLE IF NOT EXISTS kept.{table} AS TABLE {table}")


def put_rules_back() -> None:
    """Write the rules again where a live server's test, which empties every table, has taken them."""
    with connection.cursor() as cursor:
        for table in RULES:
            cursor.execute(
                f"INSERT INTO {table} SELECT * FROM kept.{table} WHERE NOT EXISTS (SELECT FROM {table})"
            )
