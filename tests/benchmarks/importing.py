"""The import of real sales: orders per second, and what that makes of a whole year."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command
from django.test.utils import override_settings

SALES = Path(__file__).resolve().parents[3] / "shared/data/orders/online_retail.csv.gz"
DAYS, YEAR_ORDERS = 10, 19_959


def report(row: Callable[[str, list[float]], None]) -> None:
    """Import the first trading days, where the file is there."""
    if not SALES.exists():
        print("import of real sales: left out, the file is not here")
        return
    with tempfile.TemporaryDirectory() as folder, override_settings(EVENTBUS={"DISPATCH": "manual"}):
        path = Path(folder) / "report.json"
        start = time.perf_counter()
        call_command("import_sales", SALES, limit_days=DAYS, report=path)
        seconds = time.perf_counter() - start
        orders = json.loads(path.read_text())["orders"]
    row(f"import of real sales, orders/s ({orders} orders)", [orders / seconds])
    row("  the whole year at that pace, minutes (aim: under 10)", [YEAR_ORDERS / (orders / seconds) / 60])
