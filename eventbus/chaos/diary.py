"""What happened in a run: acts, outages, checks and breaches, written by many threads."""

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from time import monotonic

from msgspec import Struct

MOST_BREACHES_KEPT = 20
LONGEST_BREACH = 1000


class Span(Struct, frozen=True):
    """Something that took time: from `start` to `end`, in seconds of the run."""

    name: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start

    def meets(self, other: "Span") -> bool:
        """Whether the two overlap."""
        return self.start < other.end and other.start < self.end


class Diary:
    """The record of a run; every method may be called from any thread."""

    def __init__(self, say: Callable[[str], object] = print) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._started = monotonic()
        self.acts: list[Span] = []
        self.outages: list[Span] = []
        self.faults: Counter[tuple[str, str]] = Counter()
        self.checks: Counter[str] = Counter()
        self.breaches: dict[str, list[str]] = {}
        self.interruptions = 0

    def begin(self) -> None:
        """Let the clock of the run start now."""
        self._started = monotonic()

    @property
    def clock(self) -> float:
        """Seconds since the run began."""
        return monotonic() - self._started

    def say(self, line: str) -> None:
        """Tell the person who watches, with the time."""
        with self._lock:
            self._say(f"{self.clock:7.1f} s  {line}")

    @contextmanager
    def timing(self, name: str) -> Generator[None]:
        """Note how long an act takes, unless it fails."""
        start = self.clock
        yield
        with self._lock:
            self.acts.append(Span(name, start, self.clock))

    @contextmanager
    def outage(self, victim: str, fault: str) -> Generator[None]:
        """Note that a victim is not itself for a while."""
        start = self.clock
        with self._lock:
            self.faults[victim, fault] += 1
        try:
            yield
        finally:
            with self._lock:
                self.outages.append(Span(victim, start, self.clock))

    def checked(self, invariant: str, breaches: Iterable[str] = ()) -> None:
        """Count one look at an invariant, and keep what it found."""
        with self._lock:
            self.checks[invariant] += 1
            kept = self.breaches.setdefault(invariant, [])
            new = [breach for breach in (b[:LONGEST_BREACH] for b in breaches) if breach not in kept]
            del new[MOST_BREACHES_KEPT - len(kept) :]
            kept += new
        for breach in new:
            self.say(f"BREACH  {invariant}: {breach}")

    def interrupted(self) -> None:
        """Count an act that a lost database cut short."""
        with self._lock:
            self.interruptions += 1
