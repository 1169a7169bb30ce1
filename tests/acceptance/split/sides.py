"""The two sides of the rehearsal as processes: a relay that delivers, and a bridge that may be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from config.local.services import Services
from config.local.state import State
from tests.acceptance.processes import ROOT, environment

SHOP, PAYMENTS = "tests.acceptance.split.shop_settings", "config.split.payments"
Rows = list[tuple[Any, ...]]


@dataclass
class Sides:
    """Both sides on their databases, joined by one broker."""

    payments_url: str
    broker_url: str
    sandbox_url: str
    log: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """What the processes of both sides keep on disk."""
        return State(self.log.parent / "state")

    def environment(self, settings: str) -> dict[str, str]:
        """What a process of one side finds in its environment."""
        return environment(settings=settings) | {
            "EVENTBUS_DISPATCH": "manual",
            "PAYMENTS_DATABASE_URL": self.payments_url,
            "BRIDGE_URL": self.broker_url,
            "BRIDGE_LEASE_SECONDS": "2",
            "SANDBOX_URL": self.sandbox_url,
            "SHOP_STATE": str(self.state.directory),
            "PROMETHEUS_MULTIPROC_DIR": str(self.log.parent / "state" / "metrics"),
        }

    def run(self, settings: str, *arguments: str) -> str:
        """Run a command of one side to its end, and return what it says."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        """Start a process: `shop relay`, `shop bridge`, `payments relay` or `payments bridge`."""
        side, _, command = name.partition(" ")
        self._start(name, side, "manage.py", command)

    def open_payments(self, address: str) -> None:
        """Start the web process of payments, which listens at the address."""
        self._start("payments web", "payments", "-m", "gunicorn", "config.wsgi", "--bind", address)

    def _start(self, name: str, side: str, *command: str) -> None:
        with self.log.open("ab") as output:
            self.running[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment(SHOP if side == "shop" else PAYMENTS),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def start_all(self) -> None:
        """Start all of them."""
        for name in ("shop relay", "payments relay", "shop bridge", "payments bridge"):
            self.start(name)

    def kill(self, name: str) -> None:
        """End a process at once."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End every process in good order, and the Redis that they were given, last."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()
        Services(self.state).stop()

    def shell(self, commands: str, programs: Path) -> None:
        """Run what a page of the documentation tells an operator to run, with these programs of Postgres."""
        tools = self.log.parent / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "manage.py").write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/manage.py "$@"\n')
        (tools / "manage.py").chmod(0o755)
        path = f"{tools}:{programs}:{os.environ['PATH']}"
        subprocess.run(
            ["sh", "-euc", commands],
            cwd=ROOT,
            env=self.environment("config.settings") | {"PATH": path},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def over_there(self, statement: str, *parameters: object) -> Rows:
        """What the payments' database answers."""
        with psycopg.connect(self.payments_url) as theirs:
            return theirs.execute(statement, parameters).fetchall()


def here(statement: str, *parameters: Any) -> Rows:
    """What the shop's database answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()  # type: ignore[no-any-return]


@contextmanager
def a_database() -> Iterator[str]:
    """A new database beside the tests' own, for as long as it is needed."""
    given = connection.settings_dict
    name = f"{given['NAME']}_payments"
    url = environment()["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}"')
        yield url.rpartition("/")[0] + f"/{name}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Shoppers:
    """Everybody at the shop's pages, in a process with the shop's settings."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, *words: str) -> list[str]:
        """Have them do something, and return what they are told."""
        assert self._process.stdin
        assert self._process.stdout
        print(*words, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().split()


@contextmanager
def shopping(sides: Sides) -> Generator[Shoppers]:
    """The shop is open."""
    with sides.log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.split.buying"],
            cwd=ROOT,
            env=sides.environment(SHOP),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
    try:
        yield Shoppers(process)
    finally:
        process.communicate(timeout=20)
