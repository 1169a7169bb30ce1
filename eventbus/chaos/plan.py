"""What a chaos run is told: parts, faults, work, invariants."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from eventbus.chaos.diary import Diary


def nothing() -> tuple[()]:
    """Nothing to do, nothing to say."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong with a victim: it begins, lasts for a while, and ends.

    begin: gets a generator whose numbers follow from the seed. end: heals; it is called in any case.
    seconds: the shortest and the longest time between the two. weight: how often, beside the victim's others.
    """

    victim: str
    name: str
    begin: Callable[[Random], object]
    end: Callable[[], object] = nothing
    seconds: tuple[float, float] = (0.0, 0.0)
    weight: int = 1


@dataclass(frozen=True, kw_only=True)
class Invariant:
    """Something that must hold. `breaches` looks, and says in sentences what is wrong; nothing when it holds.

    A look that meets a lost database is not counted, and not held against the plan.
    """

    name: str
    breaches: Callable[[], Iterable[str]]


class Part(Protocol):
    """A server or process of the run: see `Program`, and write your own for a server."""

    @property
    def name(self) -> str:
        """How reports call it; also the victim of its faults."""

    def start(self) -> None:
        """Start it, and return once it is of use."""

    def stop(self) -> None:
        """Stop it in good order; harmless when it does not run."""

    def faults(self) -> Sequence[Fault]:
        """What may happen to it."""

    def ended(self) -> str:
        """How it ended although nobody ended it, as a sentence; "" while all is well."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A chaos run.

    servers: started first, stopped last. prepare: called between the two (tables, data).
    programs: the processes of the project.
    act: one piece of work, done again and again by `threads` threads; each has a seeded generator of its own
    and pauses for the shortest to the longest of `pause_seconds` in between.
    live, final: what must hold at any instant; what must hold once everything is healed and quiet.
    under_way: what is not at rest yet, in words; asked until it has nothing to say, for `drain_seconds`.
    once_more: called when all has come to rest, after which it has to come to rest again.
    idle: called in a transaction that stays open for the whole run and commits at its end: publish in it.
    faults: what may happen beside the faults of servers and programs, such as `Bus.faults`.
    needs: the victims without which no act succeeds; the report leaves out acts that waited for them.
    figures: what the report tells of the outcome.
    calm_seconds: the shortest and longest time that a victim is left in peace.
    """

    name: str
    act: Callable[[Random, Diary], object]
    servers: Sequence[Part] = ()
    prepare: Callable[[], object] = nothing
    programs: Sequence[Part] = ()
    live: Sequence[Invariant] = ()
    final: Sequence[Invariant] = ()
    under_way: Callable[[], Iterable[str]] = nothing
    once_more: Callable[[], object] = nothing
    idle: Callable[[], object] | None = None
    faults: Sequence[Fault] = ()
    needs: Sequence[str] = ()
    figures: Callable[[], Mapping[str, object]] = field(default=dict)
    threads: int = 4
    pause_seconds: tuple[float, float] = (0.05, 0.2)
    drain_seconds: float = 120.0
    calm_seconds: tuple[float, float] = (2.0, 10.0)

    @property
    def parts(self) -> list[Part]:
        """Servers and programs, in the order in which they start."""
        return [*self.servers, *self.programs]

    @property
    def all_faults(self) -> list[Fault]:
        """Everything that may happen."""
        return [*(fault for part in self.parts for fault in part.faults()), *self.faults]
