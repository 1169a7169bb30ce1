"""The bus beside hand-written code that does one thing only: what is the general way worth?"""

from pathlib import Path
from typing import Any

from tests.benchmarks.fleet import fleet
from tests.benchmarks.options import Options
from tests.benchmarks.rows import Row, at_least, ratios
from tests.benchmarks.systems.catalogue import OURS

SECTION = "beside hand-written limits, messages/s"
MESSAGES, COUNTERS = 100_000, 20_000
REBUILD_SHARE = 0.60
NAMES = {
    "writing": ("COPY of finished rows", "publish, many at once"),
    "reading": ("rows by position, undecoded", "the bus' reader"),
    "rebuilding": ("read + fold + unnest", "rebuild_projections"),
}


def measure(options: Options, server: str, redis_url: str, logs: Path) -> dict[str, Any]:
    """Measure each pair, ours and by hand in turn."""
    messages = options.size(MESSAGES)
    counters = options.size(COUNTERS)
    raw: dict[str, Any] = {name: [] for name in NAMES}
    with fleet((OURS,), server, redis_url, logs) as (bus,):
        for _ in range(options.rounds):
            raw["writing"].append(bus.call("limits.writing", messages=messages, counters=counters))
        bus.call("logs.fill", messages=messages, counters=counters)
        for _ in range(options.rounds):
            raw["reading"].append(bus.call("limits.reading", messages=messages))
            raw["rebuilding"].append(bus.call("limits.rebuilding", messages=messages))
        return raw | {"failure": bus.failure}


def judge(raw: dict[str, Any]) -> list[Row]:
    """Both rates of each pair, and ours as a share of the other."""
    rows = []
    for name, (by_hand, ours) in NAMES.items():
        rounds = [entry for entry in raw[name] if entry]
        hand, own = [entry["hand"] for entry in rounds], [entry["ours"] for entry in rounds]
        aim = at_least(REBUILD_SHARE) if name == "rebuilding" else None
        note = f"not run: {raw['failure']}" if raw["failure"] else ""
        rows += [
            Row(SECTION, f"by hand: {by_hand}", hand, digits=0, note=note),
            Row(SECTION, f"eventbus: {ours}", own, digits=0, note=note),
            Row(SECTION, f"{name}: eventbus ÷ by hand", ratios(own, hand), aim=aim, note=note),
        ]
    return rows
