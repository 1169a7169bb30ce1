"""The memory of a worker while it delivers a million messages."""

from pathlib import Path
from typing import Any

from tests.benchmarks.fleet import fleet
from tests.benchmarks.options import Options
from tests.benchmarks.rows import Row, at_most
from tests.benchmarks.systems.catalogue import OURS

SECTION = "memory of the worker that delivers, MB"
WAVE, WAVES, COUNTERS = 100_000, 10, 2_000
SHOWN = (1, 5, 10)
FLAT = 1.05


def measure(options: Options, server: str, redis_url: str, logs: Path) -> dict[str, Any]:
    """Deliver wave after wave, and note after each how large the largest of the worker's processes is."""
    if not Path("/proc").is_dir():
        return {"failure": "this system has no /proc to read a process' memory from"}
    raw: dict[str, Any] = {"wave": options.size(WAVE), "megabytes": []}
    with fleet((OURS,), server, redis_url, logs) as (bus,):
        bus.work()
        worker = bus.processes[-1].popen.pid
        for wave in range(1, WAVES + 1):
            bus.call("logs.copy_more", messages=raw["wave"], counters=COUNTERS)
            bus.call("effects.wait_for", messages=raw["wave"] * wave)
            bus.check_workers()
            raw["megabytes"].append(max(_megabytes(child) for child in _children(worker)))
        return raw | {"failure": bus.failure}


def _children(parent: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _megabytes(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


def judge(raw: dict[str, Any]) -> list[Row]:
    """The size after some waves, and whether it has grown since the first."""
    if raw["failure"]:
        return [Row(SECTION, "eventbus", [], note=f"not run: {raw['failure']}")]
    sizes = raw["megabytes"]
    rows = [
        Row(SECTION, f"after {raw['wave'] * wave:,} messages", [sizes[wave - 1]], digits=1) for wave in SHOWN
    ]
    return [*rows, Row(SECTION, "last ÷ first: flat?", [sizes[-1] / sizes[0]], aim=at_most(FLAT))]
