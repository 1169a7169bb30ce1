"""The section `long-life`: what long_life.py reports of a log of ten million messages."""

from typing import Any

from tests.benchmarks.rows import Row, at_most

SECTION = "long life: seconds with a log of ten million messages ÷ of ten thousand"
SAME = 1.10


def measure(*, quick: bool) -> dict[str, Any]:
    """Let it report its rows; what it has found wrong stands in their place."""
    if quick:
        return {"rows": [], "note": "left out of a quick run"}
    from tests.benchmarks import long_life  # noqa: PLC0415  (needs models; judging does not)

    rows: list[tuple[str, list[float]]] = []
    try:
        long_life.report(lambda name, values: rows.append((name, list(values))))
    except AssertionError as error:
        return {"rows": rows, "note": f"not run: {error}"}
    return {"rows": rows, "note": ""}


def judge(raw: dict[str, Any]) -> list[Row]:
    """Its rows: nothing may take longer for the length of the log."""
    rows = [Row(SECTION, name, values, aim=at_most(SAME)) for name, values in raw["rows"]]
    return [*rows, Row(SECTION, "eventbus", [], note=raw["note"])] if raw["note"] else rows
