"""The table as a person reads it in a terminal."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from tests.benchmarks.rows import Row

NAME, CELL = 50, 32


def print_surroundings(raw: dict[str, Any]) -> None:
    """Say on what is measured, and what the columns are."""
    print(", ".join(f"{name} {value}" for name, value in raw["surroundings"].items()))
    print(f"{raw['rounds']} rounds; load of the machine before the run: {raw['load_before']}")
    name = "median [lowest .. highest] of the rounds"
    print(f"\n  {name:<{NAME}}{'quiet':<{CELL}}beside an idle transaction", flush=True)


def print_rows(rows: Iterable[Row]) -> None:
    """Print rows under the heading of their section."""
    section = ""
    for row in rows:
        if row.section != section:
            section = row.section
            print(f"\n{section}")
        print(line(row), flush=True)


def line(row: Row) -> str:
    """One row: quiet rounds, idle rounds, verdict."""
    cells = f"  {row.name:<{NAME}}{cell(row.values, row.digits):<{CELL}}{cell(row.idle, row.digits):<{CELL}}"
    return f"{cells}{verdict(row)}".rstrip()


def cell(values: Sequence[float], digits: int) -> str:
    """The median with its spread."""
    if not values:
        return "-"
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(values), median(values), max(values)))
    return middle if len(values) == 1 else f"{middle} [{low} .. {high}]"


def verdict(row: Row) -> str:
    """The aim and whether it is met, or why there is no number."""
    if row.aim is None or not row.values:
        return row.note
    return f"aim {row.aim}: {'met' if row.met else 'MISSED'} {row.note}".rstrip()
