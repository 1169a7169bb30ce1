"""Postgres and Redis of a chaos run: private servers that may be killed, stopped, frozen and emptied."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

import redis

from config.local.errors import ServerDidNotStart
from config.local.postgres import Postgres
from config.local.processes import command_of, read_pid, wait_until
from config.local.redis_server import Redis
from config.local.servers import Instance, Server
from config.local.services import Services
from eventbus.chaos import Fault

AWAY_SECONDS = (0.2, 3.0)
FROZEN_SECONDS = (0.2, 4.0)


class PrivateServer:
    """One server of a state folder, always at the same address."""

    def __init__(self, services: Services, server: Server, pid_file: str) -> None:
        self.name = server.name
        self._services, self._server, self._pid_file = services, server, pid_file
        self.url = services.url(server)
        self._wanted = True

    def start(self) -> None:
        """Start it where it does not run; raises ServerDidNotStart when its port is gone."""
        if self._services.url(self._server) != self.url:
            raise ServerDidNotStart(f"{self.name} had to move away from {self.url}: its port was taken.")
        self._wanted = True

    def stop(self) -> None:
        """Stop it in good order."""
        self._wanted = False
        self.thaw()
        self._server.stop(self._instance)

    def send(self, number: signal.Signals) -> None:
        """End it by this signal to its first process, and wait until all of them are gone."""
        self._wanted = False
        pids = self._pids()
        _signal(pids if number == signal.SIGKILL else pids[:1], number)
        wait_until(lambda: not any(map(command_of, pids)), seconds=30)

    def freeze(self) -> None:
        """Stop the clock of all its processes."""
        _signal(self._pids(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        _signal(self._pids(), signal.SIGCONT)

    def ended(self) -> str:
        """Whether it ended although nobody ended it."""
        if self._wanted and not self._server.lives(self._instance) and self._wanted:
            return f"{self.name} is gone: {self._instance.log_tail()}"
        return ""

    def faults(self) -> Sequence[Fault]:
        """What any server may suffer."""
        kill = self._fault("kill", lambda _: self.send(signal.SIGKILL), self.start)
        freeze = self._fault("freeze", lambda _: self.freeze(), self.thaw, seconds=FROZEN_SECONDS)
        return kill, freeze

    def _fault(
        self,
        name: str,
        begin: Callable[[Random], object],
        end: Callable[[], object],
        *,
        seconds: tuple[float, float] = AWAY_SECONDS,
    ) -> Fault:
        return Fault(victim=self.name, name=name, begin=begin, end=end, seconds=seconds)

    @property
    def _instance(self) -> Instance:
        instance = self._services.current(self._server)
        assert instance
        return instance

    def _pids(self) -> list[int]:
        """Its processes, the first one first: that one cannot replace a child that is gone."""
        first = read_pid(self._instance.home / self._pid_file)
        return [first, *_children_of(first)] if self._server.lives(self._instance) else []


class PrivatePostgres(PrivateServer):
    """A Postgres that may also be stopped fast, or at once."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, Postgres(), "data/postmaster.pid")

    def faults(self) -> Sequence[Fault]:
        """Killed, stopped as pg_ctl -m fast and -m immediate do, and frozen."""
        fast = self._fault("stop fast", lambda _: self.send(signal.SIGINT), self.start)
        at_once = self._fault("stop immediate", lambda _: self.send(signal.SIGQUIT), self.start)
        return (*super().faults(), fast, at_once)


class PrivateRedis(PrivateServer):
    """A Redis that may also be emptied."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, Redis(), "pid")

    def faults(self) -> Sequence[Fault]:
        """Killed, frozen, and emptied."""
        flush = Fault(victim=self.name, name="flush", begin=lambda _: self.flush())
        return (*super().faults(), flush)

    def flush(self) -> None:
        """Forget every wake-up."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _children_of(pid: int) -> list[int]:
    if sys.platform == "linux":
        stats = [_stat(entry) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
        return [child for child, parent in stats if parent == pid]
    shown = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [tuple(map(int, line.split())) for line in shown.splitlines()]
    return [child for child, parent in pairs if parent == pid]


def _stat(entry: Path) -> tuple[int, int]:
    try:
        return int(entry.name), int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return int(entry.name), 0
