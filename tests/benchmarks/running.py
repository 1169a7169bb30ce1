"""A whole run: every section in turn, its rows printed as they come, the raw numbers kept."""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from config.settings import DATABASE_URL, STATE_DIR
from config.testing import REDIS_URL
from tests.benchmarks import comparing, importing, judging, surroundings, table
from tests.benchmarks.fleet import fleet
from tests.benchmarks.options import Options, parse
from tests.benchmarks.systems.catalogue import OURS, PEERS

COMPARED = {"publishing", "delivery", "latency"}
Raw = dict[str, Any]


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    newest = STATE_DIR / "bench" / "newest.json"
    options = parse(arguments, newest)
    start = time.monotonic()
    raw = _measure(options)
    raw["minutes"] = (time.monotonic() - start) / 60
    path = options.json or newest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(raw, indent=1))
    print(f"\n{raw['minutes']:.1f} minutes. The raw numbers: {path}")


def _measure(options: Options) -> Raw:
    peers = tuple(peer for peer in PEERS if peer.name in options.peers)
    raw: Raw = {
        "taken_at": time.strftime("%Y-%m-%d %H:%M"),
        "rounds": options.rounds,
        "quick": options.quick,
        "surroundings": surroundings.surroundings(DATABASE_URL, peers)
        | {"Redis": surroundings.redis_version(REDIS_URL)},
    }
    print(", ".join(f"{name} {value}" for name, value in raw["surroundings"].items()))
    print(f"{options.rounds} rounds; load of the machine before: {surroundings.load()}")
    if COMPARED & set(options.sections):
        raw |= _compare(options)
    table.print_heading()
    table.print_rows(judging.judge(raw))
    if "import" in options.sections:
        raw["import"] = importing.measure(quick=options.quick)
        table.print_rows(importing.judge(raw["import"]))
    return raw


def _compare(options: Options) -> Raw:
    entries = (OURS, *(peer for peer in PEERS if peer.name in options.peers))
    with (
        tempfile.TemporaryDirectory() as folder,
        fleet(entries, DATABASE_URL, REDIS_URL, Path(folder)) as contestants,
    ):
        raw = comparing.compare(contestants, options)
        failures = {each.name: each.failure for each in contestants if each.failure}
    return raw | {"titles": {entry.name: entry.title for entry in entries}, "failures": failures}
