"""What a check finds: a number, what it means, and the next step to take."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from django.conf import settings
from django.db import connection
from msgspec import Struct

LIMITS: dict[str, tuple[float, float]] = {
    "LAG_SECONDS": (60, 600),
    "DUE_SECONDS": (60, 600),
    "DEAD_LETTERS": (1, 100),
    "UNKNOWN_MESSAGES": (1, 10_000),
    "IDLE_SECONDS": (30, 600),
    "DEAD_TUPLES": (100_000, 10_000_000),
    "XMIN_AGE_TRANSACTIONS": (1_000_000, 100_000_000),
    "CLOCK_SECONDS": (1, 30),
    "SAGA_SECONDS": (7 * 24 * 3600, 90 * 24 * 3600),
}
"""From where on a number is a warning, and from where on critical; EVENTBUS["LIMITS"] overrides each."""


class Severity(IntEnum):
    """How bad it is; also the doctor's exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


class Finding(Struct, frozen=True):
    """One observation.

    check: which one found it. number: what was counted or measured, in the unit `means` names. means: what
    that says, as a sentence. step: the next step to take, a command where there is one; empty when all is
    well. private: names processes or errors, which are no business of strangers.
    """

    check: str
    severity: Severity
    number: int | float
    means: str
    step: str = ""
    private: str = ""

    def __str__(self) -> str:
        lines = [f"{self.severity.name.lower():8} {self.check}: {self.means}{self.private}"]
        return "\n".join([*lines, *([f"         → {self.step}"] if self.step else [])])

    def as_json(self) -> dict[str, Any]:
        """The finding as plain values."""
        return {
            "check": self.check,
            "severity": self.severity.name.lower(),
            "number": self.number,
            "means": f"{self.means}{self.private}",
            "step": self.step,
        }


def limit(name: str) -> tuple[float, float]:
    """The bounds of that name: (warning from, critical from)."""
    chosen: Mapping[str, tuple[float, float]] = getattr(settings, "EVENTBUS", {}).get("LIMITS", {})
    return chosen.get(name, LIMITS[name])


def grade(number: float, name: str) -> Severity:
    """How bad a number is."""
    warning, critical = limit(name)
    return Severity((number >= warning) + (number >= critical))


def worst(findings: Sequence[Finding]) -> Severity:
    """The worst of all severities."""
    return max((finding.severity for finding in findings), default=Severity.OK)


def rows(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """What a statement selects."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()  # type: ignore[no-any-return]


def dbshell(statement: str) -> str:
    """The command that runs a statement."""
    return f'manage.py dbshell -- -c "{statement}"'


def span(seconds: float) -> str:
    """A length of time as people say it, in its largest unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
