"""Who suffers what, and when: a pure function of the seed."""

from collections import defaultdict
from collections.abc import Sequence
from random import Random

from msgspec import Struct

from eventbus.chaos.plan import Fault


class Step(Struct, frozen=True):
    """One fault of the schedule: it begins `at` so many seconds into the run and lasts for `seconds`."""

    at: float
    victim: str
    fault: str
    seconds: float


def schedule(
    faults: Sequence[Fault], *, seed: int, seconds: float, calm_seconds: tuple[float, float]
) -> list[Step]:
    """The faults of a run of that length, in order of time; one victim's never overlap.

    Every victim has a generator of its own: a new victim changes nothing for the others.
    """
    by_victim: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_victim[fault.victim].append(fault)
    steps = [
        step
        for victim, possible in by_victim.items()
        for step in _story(possible, Random(f"{seed} {victim}"), seconds, calm_seconds)
    ]
    return sorted(steps, key=lambda step: (step.at, step.victim))


def _story(faults: list[Fault], random: Random, seconds: float, calm: tuple[float, float]) -> list[Step]:
    """One victim's faults; the first comes early enough for a short run to have it."""
    steps = []
    at = random.uniform(min(calm[0], seconds / 4), min(calm[1], seconds / 2))
    while at < seconds:
        fault = random.choices(faults, [fault.weight for fault in faults])[0]
        lasts = min(random.uniform(*fault.seconds), seconds - at)
        steps.append(Step(round(at, 3), fault.victim, fault.name, round(lasts, 3)))
        at += lasts + random.uniform(*calm)
    return steps
