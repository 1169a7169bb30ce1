"""The shop's processes on a database of their own: sandbox, relay, workers, and agents that shop."""

import shlex
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.local import processes, running
from tests.benchmarks import databases
from tests.benchmarks.processes import Agent, Process

CLIENTS, AGENTS = 32, 2
PROGRAMS = ("sandbox", "relay", "worker", "external")
BUYING = "tests.benchmarks.shop.buying"


class Floor:
    """A shop that is open, and agents with `CLIENTS` shoppers between them."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self.environment, self.logs = environment, logs
        self.agents = [Agent(environment, logs / f"agent-{number}.log") for number in range(AGENTS)]
        self.programs: list[Process] = []

    def open(self, sandbox_port: int) -> None:
        """Fill the shelves and start the processes of `make run`, without the storefront and its webhooks."""
        self.ask("open_shop")
        commands = running.commands(0, sandbox_port)
        commands["sandbox"] += " --webhook-url ''"
        for name in PROGRAMS:
            arguments = tuple(shlex.split(commands[name])[1:])
            log, through = self.logs / f"{name}.log", tuple(shlex.split(running.BEHIND.get(name, "")))
            self.programs.append(Process(arguments, self.environment, log, through=through))

    def ask(self, function: str, **arguments: Any) -> Any:
        """What one agent answers."""
        return self.agents[0].call(f"{BUYING}.{function}", **arguments)

    def ask_all(self, function: str, **arguments: Any) -> list[Any]:
        """What all agents answer who are asked at once, each for its share of the clients."""
        with ThreadPoolExecutor(AGENTS) as pool:
            asked = [
                pool.submit(agent.call, f"{BUYING}.{function}", clients=CLIENTS // AGENTS, **arguments)
                for agent in self.agents
            ]
            return [each.result() for each in asked]

    def ended(self) -> str:
        """The last words of a process that ended although nobody ended it."""
        return next((each.last_words() for each in self.programs if each.popen.poll() is not None), "")

    def close(self) -> None:
        """End every process."""
        for process in (*self.programs, *self.agents):
            process.ask_to_stop()
        for process in (*self.programs, *self.agents):
            process.stop()


@contextmanager
def floor(server: str, redis_url: str, logs: Path) -> Generator[Floor]:
    """An open shop, closed and forgotten at the end of the block."""
    address, sandbox_port = databases.create(server, "shop"), processes.free_port()
    folder = logs / "state"
    folder.mkdir(exist_ok=True)
    environment = {
        "DATABASE_URL": address,
        "REDIS_URL": redis_url,
        "SANDBOX_URL": f"http://{processes.LOOPBACK}:{sandbox_port}",
        "SHOP_STATE": str(folder),
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.shop.settings",
        "PYTHONWARNINGS": running.QUIET,
    }
    shop = Floor(environment, logs)
    try:
        shop.open(sandbox_port)
        yield shop
    finally:
        shop.close()
        databases.drop(server, address)
