"""The section `long-life`: what tests/benchmarks/long_life.py reports of a log of ten million messages."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.test.utils import setup_databases, teardown_databases

from tests.benchmarks.rows import Row

SECTION = "long life: ten million messages beside ten thousand"
MODULE = "tests.benchmarks.long_life"


def measure(*, quick: bool) -> dict[str, Any]:
    """Let it report its rows, on a database of the tests' own."""
    if quick or find_spec(MODULE) is None:
        return {"rows": [], "note": "left out of a quick run" if quick else "left out: it is not there"}
    rows: list[tuple[str, list[float]]] = []
    created = setup_databases(verbosity=0, interactive=False)
    try:
        import_module(MODULE).report(lambda name, values: rows.append((name, list(values))))
    finally:
        teardown_databases(created, verbosity=0)
    return {"rows": rows, "note": ""}


def judge(raw: dict[str, Any]) -> list[Row]:
    """Its rows as they are; whether they meet an aim is said in their names."""
    if not raw["rows"]:
        return [Row(SECTION, "eventbus", [], note=raw["note"])]
    return [Row(SECTION, name, values) for name, values in raw["rows"]]
