"""What a system has to offer to be measured."""

import os
from collections.abc import Iterable
from importlib import import_module
from typing import NamedTuple, Protocol, cast

COUNTERS = 2_000
NOTE = "x" * 300


class Count(NamedTuple):
    """The message of every system: about half a kilobyte on the wire, as an order's is."""

    counter: str
    number: int
    note: str = NOTE


class System(Protocol):
    """One way to get a message from a transaction to a handler. A module with these names is one."""

    def prepare(self) -> None:
        """Make what the system needs beside Django's migrations."""

    def publish(self, count: Count) -> None:
        """Publish one message in the transaction that is open (or beside it, where a system cannot)."""

    def fill(self, counts: Iterable[Count]) -> None:
        """Publish a backlog, in the quickest way the system offers."""


def system() -> System:
    """The system of this process."""
    module = f"tests.benchmarks.systems.{os.environ['BENCHMARK_SYSTEM']}"
    return cast(System, import_module(module))


def counts(messages: int, counters: int = COUNTERS) -> Iterable[Count]:
    """A backlog: `messages` counts, spread over so many counters."""
    return (Count(f"c{number % counters}", number) for number in range(messages))
