"""The section `import`: a real year of sales through the command, as anybody would start it."""

import json
import resource
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import databases
from tests.benchmarks.processes import Process, SystemFailed
from tests.benchmarks.rows import Row, at_most

SALES = Path(__file__).resolve().parents[3] / "shared/data/orders/online_retail.csv.gz"
SECTION = "import of a year of real sales"
PROVING = "credit notes."
"""What the command says when the last line is imported, before it proves what must be true."""
LOOK_SECONDS = 0.5
MINUTES, FLAT = 10, 1.10


def measure(server: str, redis_url: str, logs: Path, *, quick: bool) -> dict[str, Any] | None:
    """Import the file into a database of its own, a day of it when quick; None where it is not here."""
    if not SALES.exists():
        return None
    address, report = databases.create(server, "import"), logs / "report.json"
    environment = {
        "DATABASE_URL": address,
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.shop.settings",
        "EVENTBUS_DISPATCH": "manual",
        "SHOP_STATE": str(logs),
    }
    try:
        _run(("manage.py", "migrate", "-v", "0"), environment, logs)
        days = ("--limit-days", "1") if quick else ()
        command = ("manage.py", "import_sales", str(SALES), "--report", str(report), *days)
        start, used = time.perf_counter(), _cpu_seconds()
        megabytes = _run(command, environment, logs)
        seconds, used = time.perf_counter() - start, _cpu_seconds() - used
        told = json.loads(report.read_text())
    finally:
        databases.drop(server, address)
    broken = [name for name, against in told["invariants"].items() if against != "holds"]
    return {
        "seconds": seconds,
        "cpu_seconds": used,
        "orders": told["orders"],
        "credit_notes": told["credit_notes"],
        "megabytes": megabytes,
        "invariants": len(told["invariants"]),
        "broken": broken,
        "quick": quick,
    }


def _run(command: tuple[str, ...], environment: dict[str, str], logs: Path) -> list[float]:
    """Run a command to its end; its size in megabytes, again and again while it imports.

    Raises SystemFailed.
    """
    process, sizes = Process(command, environment, logs / "import.log"), []
    try:
        while process.popen.poll() is None:
            if PROVING not in process.log.read_text():
                sizes.append(_megabytes(process.popen.pid))
            time.sleep(LOOK_SECONDS)
    finally:
        process.stop()
    if process.popen.returncode:
        raise SystemFailed(f"{' '.join(command[:2])} failed: {process.last_words()}")
    return sizes


def _cpu_seconds() -> float:
    """What the processes that have ended took, the database's aside."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def judge(raw: dict[str, Any] | None) -> list[Row]:
    """How long it took, whether memory grew meanwhile, and what it proved at its end."""
    if raw is None:
        return [Row(SECTION, "minutes", [], note="left out: the file of sales is not here")]
    sizes = [size for size in raw["megabytes"] if size]
    quarter = max(len(sizes) // 4, 1)
    early, late = max(sizes[quarter : 2 * quarter] or sizes), max(sizes[-quarter:])
    what = f"{raw['orders']:,} orders, {raw['credit_notes']:,} credit notes"
    aim = None if raw["quick"] else at_most(MINUTES)
    broken = f"broken: {'; '.join(raw['broken'])}" if raw["broken"] else ""
    return [
        Row(SECTION, f"minutes for {what}", [raw["seconds"] / 60], digits=1, aim=aim),
        Row(SECTION, "of which the command itself computes", [raw["cpu_seconds"] / 60], digits=1),
        Row(SECTION, "orders/s", [raw["orders"] / raw["seconds"]], digits=0),
        Row(SECTION, "memory in the second quarter of the time, MB", [early], digits=0),
        Row(
            SECTION,
            "memory, last quarter ÷ second: flat?",
            [late / early],
            aim=None if raw["quick"] else at_most(FLAT),
        ),
        Row(
            SECTION,
            f"broken, of {raw['invariants']} invariants",
            [len(raw["broken"])],
            [],
            0,
            at_most(0),
            broken,
        ),
    ]
