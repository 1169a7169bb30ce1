"""The table: from raw numbers to rows, each with its aim and whether it is met."""

from collections.abc import Callable, Iterable
from statistics import median
from typing import Any, NamedTuple

Raw = dict[str, Any]
Values = list[float]


class Aim(NamedTuple):
    """What a row should come to."""

    limit: float
    at_most: bool

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}"

    def met_by(self, value: float) -> bool:
        """Whether a median reaches it."""
        return value <= self.limit if self.at_most else value >= self.limit


class Row(NamedTuple):
    """One line: the values of the quiet rounds, and those beside an idle transaction where there are any."""

    section: str
    name: str
    values: Values
    idle: Values = []  # noqa: RUF012  (never changed)
    digits: int = 2
    aim: Aim | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached, where the row has one and a value."""
        return self.aim.met_by(median(self.values)) if self.aim and self.values else None


class Measured(NamedTuple):
    """The raw numbers of one section, the systems' titles by name, and why some were left out."""

    raw: Raw
    titles: dict[str, str]
    failures: dict[str, str]


def at_most(limit: float) -> Aim:
    """An upper bound."""
    return Aim(limit, at_most=True)


def at_least(limit: float) -> Aim:
    """A lower bound."""
    return Aim(limit, at_most=False)


def ratios(ours: Values, theirs: Values) -> Values:
    """Round by round."""
    return [a / b for a, b in zip(ours, theirs, strict=False)]


def percentile(sample: Values, share: int) -> float:
    """The value that `share` percent of a sorted sample do not exceed."""
    return sample[min(len(sample) * share // 100, len(sample) - 1)]


def per_system(
    section: str,
    measured: Measured,
    value: Callable[[Any], float],
    *,
    digits: int,
    aim: Aim | None = None,
) -> list[Row]:
    """A row for each system, ours first with the aim; one that was not measured says why."""
    rows = []
    for name, title in measured.titles.items():
        quiet = [value(entry) for entry in measured.raw["quiet"].get(name, [])]
        idle = [value(entry) for entry in measured.raw["idle"].get(name, [])]
        note = f"not run: {measured.failures[name]}" if name in measured.failures else ""
        rows.append(Row(section, title, quiet, idle, digits, aim if name == "ours" else None, note))
    return rows


def best(rows: Iterable[Row], *, lowest: bool) -> Row | None:
    """The row of the best peer."""
    measured = [row for row in rows if row.values]
    choose = min if lowest else max
    return choose(measured, key=lambda row: median(row.values), default=None)


def held(ours: Row, aim: Aim) -> Row:
    """How ours does beside an idle transaction, against its own quiet rounds."""
    name = f"{ours.name}: idle ÷ quiet"
    return Row(ours.section, name, ratios(ours.idle, ours.values), digits=2, aim=aim)
