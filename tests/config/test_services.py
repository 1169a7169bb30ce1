"""Private servers, with the real programs of this machine."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from config.local import processes
from config.local.errors import LocalError, ServerDidNotStart
from config.local.postgres import Postgres
from config.local.redis_server import Redis
from config.local.services import Services, database_url, redis_url
from config.local.state import State

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def services(state: State, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Servers of the test's own, whatever the environment gives to others."""
    monkeypatch.delenv("SHOP_SERVICES", raising=False)
    return Services(state)


def pid_of_redis(services: Services) -> int:
    """The process of the Redis that was started last."""
    instance = services.current(Redis())
    assert instance
    return processes.read_pid(instance.home / "pid")


def kill(pid: int) -> None:
    """End a process without a chance to tidy up."""
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: not processes.command_of(pid), seconds=10)


def ask(url: str, question: str) -> object:
    """The first value that Postgres answers."""
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
    return row and row[0]


def test_given_addresses_are_used_and_nothing_is_started(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/shop")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")

    assert database_url(state.directory) == "postgres://elsewhere/shop"
    assert redis_url(state.directory) == "redis://elsewhere/0"
    assert not state.directory.exists()


def test_the_choice_off_starts_nothing(state: State) -> None:
    assert Services(state, choice="off").url(Redis()) == ""


def test_an_unknown_choice_is_told_in_a_sentence(state: State) -> None:
    with pytest.raises(LocalError, match="SHOP_SERVICES=docker is unknown: use system, wheels or off"):
        Services(state, choice="docker")


def test_postgres_is_private_durable_and_survives_a_kill(services: Services) -> None:
    url = services.url(Postgres())
    instance = services.current(Postgres())
    assert instance
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert [ask(url, f"SHOW {name}") for name in ("fsync", "data_checksums", "listen_addresses")] == [
        "on",
        "on",
        "127.0.0.1",
    ]

    kill(processes.read_pid(instance.home / "data" / "postmaster.pid"))

    assert services.url(Postgres()) == url
    assert ask(url, "SELECT answer FROM kept") == 42
    # The pid of a dead postmaster may by now belong to any program: to this one, for example.
    services.stop()
    (instance.home / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{instance.home / 'data'}\n")
    assert not Postgres().lives(instance)
    assert services.url(Postgres()) == url


def test_asking_twice_gives_the_same_server(services: Services) -> None:
    first, pid = services.url(Redis()), pid_of_redis(services)

    assert services.url(Redis()) == first
    assert pid_of_redis(services) == pid


def test_two_processes_asking_at_once_share_one_server(state: State) -> None:
    asking = [
        sys.executable,
        "-c",
        "import sys, pathlib; from config.local.services import redis_url;"
        " print(redis_url(pathlib.Path(sys.argv[1])))",
        str(state.directory),
    ]
    free = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "SHOP_SERVICES"}}

    both = [subprocess.Popen(asking, cwd=ROOT, env=free, stdout=subprocess.PIPE) for _ in range(2)]
    answers = {process.communicate()[0] for process in both}

    assert len(answers) == 1
    assert answers != {b""}


def test_a_killed_redis_comes_back_where_it_was_with_what_it_knew(services: Services) -> None:
    url = services.url(Redis())
    with redis.Redis.from_url(url) as client:
        client.set("kept", "yes")
        client.config_set("appendfsync", "always")
        client.set("kept", "still")

    kill(pid_of_redis(services))

    assert services.url(Redis()) == url
    with redis.Redis.from_url(url, decode_responses=True) as client:
        assert client.get("kept") == "still"


def test_a_port_taken_meanwhile_is_left_to_its_new_owner(services: Services) -> None:
    services.url(Redis())
    services.stop()
    before = services.current(Redis())
    assert before

    with socket.create_server((processes.LOOPBACK, before.port)):
        url = services.url(Redis())

    after = services.current(Redis())
    assert after
    assert after.port != before.port
    assert f":{after.port}/" in url
    assert after.home == before.home


def test_a_copied_folder_does_not_use_the_original_s_server(services: Services, tmp_path: Path) -> None:
    original = services.url(Redis())
    copy = State(tmp_path / "copy")
    shutil.copytree(services.state.directory, copy.directory)
    instance = Services(copy).current(Redis())

    assert instance
    if instance.home.is_relative_to(copy.directory):
        assert Redis().url(instance) == original
        assert not Redis().answers(instance)


def test_stopping_ends_every_server_and_says_which(services: Services) -> None:
    services.url(Redis())
    instance = services.current(Redis())
    assert instance

    assert services.stop() == [instance.key]
    assert services.running() == []
    assert services.stop() == []


def test_wiping_deletes_the_data(services: Services) -> None:
    services.url(Redis())
    instance = services.current(Redis())
    assert instance

    services.wipe()

    assert not instance.home.exists()


def test_a_server_that_cannot_start_says_what_it_said(services: Services) -> None:
    services.url(Redis())
    instance = services.current(Redis())
    assert instance
    services.stop()
    for file in (instance.home / "appendonlydir").glob("*.manifest"):
        file.write_text("not a manifest\n")

    with pytest.raises(ServerDidNotStart, match=f"{instance.key} did not start: .*"):
        services.url(Redis())
