"""The import of real sales: orders per second, and what that makes of a whole year."""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test.utils import override_settings, setup_databases, teardown_databases

from tests.benchmarks.rows import Row, at_most

SALES = Path(__file__).resolve().parents[3] / "shared/data/orders/online_retail.csv.gz"
SECTION = "import of real sales"
DAYS, YEAR_ORDERS = 10, 19_959


def measure(*, quick: bool) -> dict[str, Any] | None:
    """Import the first trading days into a database of their own; None where the file is not here."""
    if not SALES.exists():
        return None
    created = setup_databases(verbosity=0, interactive=False)
    try:
        with tempfile.TemporaryDirectory() as folder, override_settings(EVENTBUS={"DISPATCH": "manual"}):
            path = Path(folder) / "report.json"
            start = time.perf_counter()
            call_command("import_sales", SALES, limit_days=1 if quick else DAYS, report=path)
            seconds = time.perf_counter() - start
            return {"orders": json.loads(path.read_text())["orders"], "seconds": seconds}
    finally:
        teardown_databases(created, verbosity=0)


def judge(raw: dict[str, Any] | None) -> list[Row]:
    """Orders per second, and minutes a year would take."""
    if raw is None:
        return [Row(SECTION, "orders/s", [], note="left out: the file of sales is not here")]
    pace = raw["orders"] / raw["seconds"]
    return [
        Row(SECTION, f"orders/s ({raw['orders']} orders)", [pace], digits=1),
        Row(
            SECTION,
            "the whole year at that pace, minutes",
            [YEAR_ORDERS / pace / 60],
            digits=1,
            aim=at_most(10),
        ),
    ]
