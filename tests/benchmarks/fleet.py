"""Every system of a run, with its database, agent and workers. One that fails is left out, and it is said."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks import databases, installing
from tests.benchmarks.processes import Agent, Process, SystemFailed
from tests.benchmarks.systems.catalogue import Entry


class Contestant:
    """One system while it is measured. `failure` says why it is measured no longer."""

    def __init__(self, entry: Entry, log: Path) -> None:
        self.entry = entry
        self.log = log
        self.failure = ""
        self.address = ""
        self.processes: list[Process] = []
        self.environment: dict[str, str] = {}

    @property
    def name(self) -> str:
        """Its name in the raw numbers."""
        return self.entry.name

    @property
    def agent(self) -> Agent:
        """Its first process."""
        agent = self.processes[0]
        assert isinstance(agent, Agent)
        return agent

    def call(self, function: str, **arguments: Any) -> Any:
        """Let the agent run a function; None where the system fails, or has failed before."""
        if self.failure:
            return None
        try:
            return self.agent.call(function, **arguments)
        except SystemFailed as error:
            self.check_workers()
            self.give_up(str(error))
            return None

    def give_up(self, reason: str) -> None:
        """Measure it no more, and let it disturb the others no more; the first reason is kept."""
        if self.failure:
            return
        self.failure = reason
        for process in reversed(self.processes):
            process.stop()
        print(f"  {self.entry.title} is left out from here: {reason}", flush=True)

    def start(self, server: str, redis_url: str) -> None:
        """Make its database and tables, and start its agent."""
        try:
            path = str(installing.packages()) if self.entry.package else ""
        except installing.NotInstalled as error:
            self.give_up(str(error))
            return
        self.address = databases.create(server, self.name)
        self.environment = {
            "BENCHMARK_SYSTEM": self.name,
            "DATABASE_URL": self.address,
            "REDIS_URL": redis_url,
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.systems.settings",
            "PYTHONPATH": path,
        }
        self.processes.append(Agent(self.environment, self.log))
        self.call("tables.prepare")

    def work(self) -> None:
        """Start its workers."""
        if not self.failure:
            for number, arguments in enumerate(self.entry.workers):
                log = self.log.with_name(f"{self.name}-worker-{number}.log")
                self.processes.append(Process(arguments, self.environment, log))

    def check_workers(self) -> None:
        """A system whose worker has ended is measured no more."""
        ended = [process for process in self.processes[1:] if process.popen.poll() is not None]
        if ended:
            self.give_up(f"a worker ended: {ended[0].last_words()}")

    def stop(self, server: str) -> None:
        """End its processes and drop its database."""
        for process in reversed(self.processes):
            process.stop()
        if self.address:
            databases.drop(server, self.address)


@contextmanager
def fleet(entries: tuple[Entry, ...], server: str, redis_url: str, logs: Path) -> Generator[list[Contestant]]:
    """All these systems, ready to publish; no worker runs yet."""
    contestants = [Contestant(entry, logs / f"{entry.name}.log") for entry in entries]
    try:
        for contestant in contestants:
            contestant.start(server, redis_url)
        yield contestants
    finally:
        for process in (process for contestant in contestants for process in contestant.processes):
            process.ask_to_stop()
        for contestant in contestants:
            contestant.stop(server)
