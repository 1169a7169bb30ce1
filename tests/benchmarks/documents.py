"""docs/benchmarks.md and docs/benchmarks.svg, from the raw numbers of a run."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.benchmarks.chart import chart
from tests.benchmarks.judging import judge
from tests.benchmarks.rows import Row
from tests.benchmarks.table import cell, verdict

DOCS = Path(__file__).resolve().parents[2] / "docs"
START, END = "<!-- numbers: written by make bench ARGS=--write-docs -->", "<!-- end of the numbers -->"


def write(path: Path, docs: Path = DOCS) -> None:
    """Write the numbers of the run at `path` into the page, and draw the chart beside it."""
    raw = json.loads(path.read_text())
    rows = judge(raw)
    page = docs / "benchmarks.md"
    before, _, rest = page.read_text().partition(START)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{START}\n\n{numbers(raw, rows)}\n{END}{after}")
    (docs / "benchmarks.svg").write_text(chart(rows, list(raw["titles"].values()), caption(raw)))


def caption(raw: dict[str, Any]) -> str:
    """Where, when and how often was measured."""
    found = raw["surroundings"]
    postgres = found["Postgres server_version"].split()[0]
    return (
        f"{found['cores']} cores, Python {found['Python']}, Postgres {postgres} "
        f"(fsync {found['Postgres fsync']}), Redis {found['Redis']}; "
        f"medians of {raw['rounds']} rounds, {raw['taken_at'][:10]}"
    )


def numbers(raw: dict[str, Any], rows: Sequence[Row]) -> str:
    """The generated part of the page."""
    missed = [row for row in rows if row.met is False]
    aims = [row for row in rows if row.met is not None]
    found = ", ".join(f"{name} {value}" for name, value in raw["surroundings"].items())
    pace = ", ".join(f"{section} {milliseconds:.0f}" for section, milliseconds in raw["pace"].items())
    warning = "\n**A run of `--quick`: these numbers mean nothing.**\n" if raw["quick"] else ""
    return "\n".join(
        [
            f"{caption(raw)}; {raw['minutes']:.0f} minutes; load before the run {raw['load_before']}.",
            warning,
            "![The bus beside its peers](benchmarks.svg)",
            "",
            f"{len(aims) - len(missed)} of {len(aims)} aims are met.",
            *(f"- missed: {row.section}: {row.name}" for row in missed),
            "",
            *_tables(rows),
            f"Versions and settings: {found}.",
            "",
            f"Pace of the machine (a fixed loop, ms), before the run and after each section: {pace}.",
            "",
        ]
    )


def _tables(rows: Iterable[Row]) -> Iterable[str]:
    for section, lines in groupby(rows, key=lambda row: row.section):
        yield f"### {section[:1].upper()}{section[1:]}"
        yield "\n| | quiet | beside an idle transaction | |\n| --- | ---: | ---: | --- |"
        for row in lines:
            cells = (row.name, cell(row.values, row.digits), cell(row.idle, row.digits), verdict(row))
            yield "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |"
        yield ""
