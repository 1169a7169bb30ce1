"""Postgres and Redis for whoever asks: the given ones, else private ones, started where they do not run.

`SHOP_SERVICES` in the environment narrows where the programs of private servers may come from: `system` or
`wheels`; unset, the data directory used last decides, then what is installed. `off` starts nothing.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from config.local.account import Account
from config.local.binaries import Binaries
from config.local.errors import LocalError, NoServer, ServerDidNotStart
from config.local.postgres import Postgres
from config.local.processes import wait_until
from config.local.redis_server import Redis
from config.local.servers import Instance, Server
from config.local.state import State

SOURCES = {"system": "system", "wheels": "wheel"}
ATTEMPTS = 5
RETRY_SECONDS = 0.5


def database_url(directory: Path) -> str:
    """Return DATABASE_URL, or the address of the private Postgres of this `.state`, which then runs."""
    return os.environ.get("DATABASE_URL") or Services(State(directory)).url(Postgres())


def redis_url(directory: Path) -> str:
    """Return REDIS_URL, or the address of the private Redis of this `.state`, which then runs."""
    return os.environ.get("REDIS_URL") or Services(State(directory)).url(Redis())


class Services:
    """The private servers of one `.state` folder."""

    def __init__(self, state: State, choice: str = "") -> None:
        self.state = state
        self.choice = choice or os.environ.get("SHOP_SERVICES", "")
        if self.choice not in {"", "off", *SOURCES}:
            raise LocalError(f"SHOP_SERVICES={self.choice} is unknown: use system, wheels or off.")

    def url(self, server: Server) -> str:
        """Return the address of a private server, started if it does not run."""
        instance = self.current(server)
        if self.choice != "off" and not (instance and server.answers(instance)):
            with self.state.lock("services"):
                instance = self._up(server)
        return server.url(instance) if instance else ""

    def current(self, server: Server) -> Instance | None:
        """Return the instance used last, unless SHOP_SERVICES asks for another source."""
        records = self.state.read("services")
        record = records.get("instances", {}).get(records.get(server.name))
        instance = Instance.from_record(record, self.state) if record else None
        return instance if instance and self._allows(instance.key) else None

    def running(self) -> list[tuple[Server, Instance]]:
        """Return every private server that lives, of whichever version."""
        servers: dict[str, Server] = {"postgres": Postgres(), "redis": Redis(), "valkey": Redis()}
        return [
            (servers[key.partition("-")[0]], instance)
            for key, instance in self.instances().items()
            if servers[key.partition("-")[0]].lives(instance)
        ]

    def instances(self) -> dict[str, Instance]:
        """Return every instance on record by its key."""
        records = self.state.read("services").get("instances", {})
        return {key: Instance.from_record(record, self.state) for key, record in records.items()}

    def stop(self) -> list[str]:
        """Stop every private server; return the names of those that ran."""
        with self.state.lock("services"):
            stopped = self.running()
            for server, instance in stopped:
                server.stop(instance)
        return [instance.key for _, instance in stopped]

    def wipe(self) -> None:
        """Stop the servers and delete their data, outside of `.state` too."""
        self.stop()
        for instance in self.instances().values():
            instance.wipe()

    def _up(self, server: Server) -> Instance:
        instance = self.current(server)
        if not instance or not server.lives(instance):
            instance = self._start(server, instance)
        if not wait_until(lambda: server.answers(instance), seconds=60):
            raise ServerDidNotStart(f"{instance.key} runs but does not answer; see {instance.home / 'log'}.")
        return instance

    def _start(self, server: Server, last: Instance | None) -> Instance:
        account = Account.for_servers()
        binaries = self._choose(server, last, account)
        instance = self.instances().get(binaries.key)
        if not instance or not instance.home.is_dir():
            instance = Instance.new(binaries.key, self.state, account)
        programs = binaries.reachable_by(account, instance.home)
        for _ in range(ATTEMPTS):
            instance = instance.on_a_free_port()
            self._remember(server, instance)
            if server.start(instance, programs, account):
                return instance
            time.sleep(RETRY_SECONDS)
        raise ServerDidNotStart(f"{instance.key} did not start: {instance.log_tail()}")

    def _choose(self, server: Server, last: Instance | None, account: Account) -> Binaries:
        """Prefer the programs that the last data directory belongs to; no others could open it."""
        best = None
        for found in self._candidates(server, account, last):
            if last is None or found.key == last.key:
                return found
            best = best or found
        if best is None:
            raise NoServer(f"No {server.name} is installed: install it, or do not set SHOP_SERVICES=system.")
        return best

    def _candidates(self, server: Server, account: Account, last: Instance | None) -> Iterator[Binaries]:
        found = False
        if self._allows("-system-"):
            for binaries in server.installed(account):
                found = True
                yield binaries
        if self._allows("-wheel-") and (not found or (last and "-wheel-" in last.key)):
            yield server.in_wheel()

    def _allows(self, key: str) -> bool:
        return self.choice not in SOURCES or f"-{SOURCES[self.choice]}-" in key

    def _remember(self, server: Server, instance: Instance) -> None:
        records = self.state.read("services")
        instances = records.get("instances", {}) | {instance.key: instance.record(self.state)}
        self.state.write("services", records | {server.name: instance.key, "instances": instances})
