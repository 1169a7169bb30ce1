"""What a chaos run has found, for people and for programs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from eventbus.chaos.diary import Diary, Span
from eventbus.chaos.plan import Plan


class Report(Struct, frozen=True, kw_only=True):
    """A run and its outcome. `breaches` holds sentences by invariant; an invariant without any held."""

    plan: str
    seed: int
    seconds: float
    finished: bool
    acts: dict[str, int]
    interruptions: int
    faults: dict[str, dict[str, int]]
    slowest: dict[str, dict[str, float]]
    figures: dict[str, Any]
    checks: dict[str, int]
    breaches: dict[str, list[str]]
    quiet_after: float | None

    @property
    def ok(self) -> bool:
        """Whether the run came to its end and every invariant held."""
        return self.finished and not any(self.breaches.values())

    def as_json(self) -> bytes:
        """The report for programs."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Chaos run of {self.plan}: {self.seconds:.0f} s, seed {self.seed}"
        yield from _table("What was done to it", {v: _counted(f) for v, f in self.faults.items()})
        done = _counted(self.acts) or "nothing"
        yield from _table("What it did", {"acts": done, "cut short": self.interruptions, **self.figures})
        for act, times in self.slowest.items():
            yield from _table(f"Slowest {act}", {when: f"{took:.2f} s" for when, took in times.items()})
        yield from _table("What must hold", {name: self._verdict(name) for name in sorted(self.checks)})
        for name, sentences in self.breaches.items():
            yield from (f"BREACH  {name}: {sentence}" for sentence in sentences)
        yield self._outcome()

    def _verdict(self, name: str) -> str:
        broken = len(self.breaches.get(name, []))
        return f"{self.checks[name]} checks, " + (f"BROKEN {broken} times" if broken else "held")

    def _outcome(self) -> str:
        if not self.finished:
            return "Interrupted: what must hold at the end was not checked."
        if self.ok:
            return f"Quiet {self.quiet_after or 0:.1f} s after the last fault. Every invariant held."
        return f"BROKEN. The same schedule again: --seed {self.seed} --seconds {self.seconds:.0f}"


def make_report(diary: Diary, *, plan: Plan, seed: int, seconds: float, **outcome: Any) -> Report:
    """Sum up a diary."""
    faults: dict[str, dict[str, int]] = {}
    for (victim, fault), count in sorted(diary.faults.items()):
        faults.setdefault(victim, {})[fault] = count
    names = sorted({act.name for act in diary.acts})
    return Report(
        plan=plan.name,
        seed=seed,
        seconds=seconds,
        acts={name: sum(act.name == name for act in diary.acts) for name in names},
        interruptions=diary.interruptions,
        faults=faults,
        slowest={name: _slowest(name, diary, plan) for name in names},
        checks=dict(diary.checks),
        breaches={name: found for name, found in diary.breaches.items() if found},
        **outcome,
    )


def _slowest(name: str, diary: Diary, plan: Plan) -> dict[str, float]:
    """The slowest act in all, and while each part was away that the act can do without."""
    needed = [outage for outage in diary.outages if outage.name in plan.needs]
    acts = [a for a in diary.acts if a.name == name and not any(map(a.meets, needed))]
    found = {"in all": _longest(acts)}
    for victim in sorted({part.name for part in plan.parts} - set(plan.needs)):
        away = [outage for outage in diary.outages if outage.name == victim]
        found[f"while {victim} was away"] = _longest([act for act in acts if any(map(act.meets, away))])
    return {when: took for when, took in found.items() if took}


def _longest(acts: Sequence[Span]) -> float:
    return round(max((act.seconds for act in acts), default=0.0), 3)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _table(title: str, rows: Mapping[str, object]) -> Iterator[str]:
    if rows:
        width = max(map(len, rows)) + 2
        yield f"\n{title}"
        yield from (f"  {name:<{width}}{value}" for name, value in rows.items())
