"""A second Postgres cluster, and the real programs that carry a database into it."""

import os
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import dj_database_url
import psycopg
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from config.local import binaries
from config.local.account import Account
from config.local.binaries import Binaries
from config.local.postgres import Postgres
from config.local.services import Services
from config.local.state import State
from tests.acceptance.processes import environment

PROGRAMS = ("pg_dump", "pg_restore", "pg_resetwal")


class OtherCluster:
    """A cluster fresh from initdb, whose transaction ids begin far below those of the tests' own."""

    def __init__(self, folder: Path, programs: Binaries) -> None:
        self.programs = programs.directory
        self.services = Services(State(folder), choice="system")

    @property
    def url(self) -> str:
        """Where it listens; it is started where it does not run."""
        return self.services.url(Postgres())

    def restore(self, dump: Path, *, database: str) -> str:
        """Restore a dump into a new database, and return its address."""
        restore(self.programs, dump, self.url, database)
        return self.address(database)

    def address(self, database: str) -> str:
        """The address of one of its databases."""
        return address(self.url, database)

    def pass_by(self, epoch: int) -> None:
        """Move the cluster's transaction ids on by `epoch` times 2³²."""
        instance = self.services.current(Postgres())
        assert instance
        self.services.stop()
        subprocess.run(
            [self.programs / "pg_resetwal", "-e", str(epoch), "-D", instance.home / "data"],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            **Account.for_servers().run_as,
        )


def find_programs() -> Binaries:
    """The newest installed Postgres; skips the test where it lacks a program or is older than the server."""
    connection.ensure_connection()
    wanted = connection.connection.info.server_version // 10000
    for found in binaries.postgres_on_system(Account.for_servers()):
        if int(found.version) >= wanted and all((found.directory / name).exists() for name in PROGRAMS):
            return found
    pytest.skip(f"{', '.join(PROGRAMS)} of Postgres {wanted} or newer are not installed on this system.")


def dump(programs: Path, file: Path) -> Path:
    """Dump the tests' database with pg_dump."""
    _run(programs / "pg_dump", "-Fc", "-f", str(file), "-d", environment()["DATABASE_URL"])
    return file


def restore(programs: Path, file: Path, server: str, database: str) -> None:
    """Restore a dump with pg_restore into a new database of the server."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{database}"')
    _run(programs / "pg_restore", "--no-owner", "--exit-on-error", "-d", address(server, database), str(file))


def address(server: str, database: str) -> str:
    """The address of another database of the same server."""
    base, _, options = server.partition("?")
    return f"{base.rpartition('/')[0]}/{database}?{options}"


@contextmanager
def neighbour(programs: Path, file: Path) -> Generator[None]:
    """Restore a dump into another database of the tests' own cluster, and let Django work on it."""
    server, name = environment()["DATABASE_URL"], f"{connection.settings_dict['NAME']}_again"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        try:
            restore(programs, file, server, name)
            with moved_to(address(server, name)):
                yield
        finally:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}"')


def _run(program: Path, *arguments: str) -> None:
    done = subprocess.run([program, *arguments], env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def moved_to(url: str) -> Generator[None]:
    """Let Django work on another database, as after a change of DATABASE_URL."""
    before = dict(connection.settings_dict)
    connection.close()
    wanted = dj_database_url.parse(url)
    connection.settings_dict.update(
        {name: wanted[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    )
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


@pytest.fixture(scope="module")
def programs(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Binaries:
    """The programs to dump and restore with."""
    with django_db_blocker.unblock():
        return find_programs()


@pytest.fixture(scope="module")
def other(programs: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherCluster]:
    """Another cluster."""
    yield from _cluster(tmp_path_factory.mktemp("other"), programs)


@pytest.fixture
def passing(programs: Binaries, tmp_path: Path) -> Iterator[OtherCluster]:
    """A cluster of one test's own, to move on."""
    yield from _cluster(tmp_path / "passing", programs)


def _cluster(folder: Path, programs: Binaries) -> Iterator[OtherCluster]:
    cluster = OtherCluster(folder, programs)
    yield cluster
    cluster.services.wipe()
