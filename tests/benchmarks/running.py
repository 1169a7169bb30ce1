"""A whole run: every section in turn, its rows printed as they come, the raw numbers kept."""

import json
import signal
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from config.settings import DATABASE_URL, STATE_DIR
from config.testing import REDIS_URL
from tests.benchmarks import (
    ageing,
    browsing,
    checkout,
    comparing,
    documents,
    importing,
    judging,
    limits,
    memory,
    outage,
    surroundings,
    table,
)
from tests.benchmarks.fleet import fleet
from tests.benchmarks.options import Options, parse
from tests.benchmarks.systems.catalogue import OURS, PEERS

NEWEST = STATE_DIR / "bench" / "newest.json"
Raw = dict[str, Any]


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    options = parse(arguments, NEWEST)
    if options.write_docs:
        documents.write(options.write_docs)
        return
    # A run that is told to end takes its processes and databases with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    start = time.monotonic()
    raw = _describe(options)
    table.print_surroundings(raw)
    with tempfile.TemporaryDirectory() as folder:
        for part in _sections(options, Path(folder)):
            raw |= part
            raw["pace"][next(iter(part))] = surroundings.pace()
            raw["minutes"] = (time.monotonic() - start) / 60
            table.print_rows(judging.judge(part))
            _keep(raw, options.json or NEWEST)
    print(f"\n{raw['minutes']:.1f} minutes. The raw numbers: {options.json or NEWEST}")


def _keep(raw: Raw, path: Path) -> None:
    """Keep what there is after each section, so that a later one that fails takes nothing along."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(raw, indent=1))


def _describe(options: Options) -> Raw:
    peers = tuple(peer for peer in PEERS if peer.name in options.peers and _compares(options))
    found = surroundings.surroundings(DATABASE_URL, peers)
    return {
        "taken_at": time.strftime("%Y-%m-%d %H:%M"),
        "rounds": options.rounds,
        "quick": options.quick,
        "surroundings": found | {"Redis": surroundings.redis_version(REDIS_URL)},
        "titles": {entry.name: entry.title for entry in (OURS, *peers)},
        "load_before": surroundings.load(),
        "pace": {"before": surroundings.pace()},
    }


def _sections(options: Options, logs: Path) -> Generator[Raw]:
    if _compares(options):
        yield _compare(options, logs)
    if "limits" in options.sections:
        yield {"limits": limits.measure(options, DATABASE_URL, REDIS_URL, logs)}
    if "memory" in options.sections:
        yield {"memory": memory.measure(options, DATABASE_URL, REDIS_URL, logs)}
    if "long-life" in options.sections:
        yield {"long-life": ageing.measure(quick=options.quick)}
    if "checkout" in options.sections:
        yield {"checkout": checkout.measure(options, DATABASE_URL, REDIS_URL, logs)}
    if "outage" in options.sections:
        yield {"outage": outage.measure(options, DATABASE_URL, logs)}
    if "browsing" in options.sections:
        yield {"browsing": browsing.measure(options, DATABASE_URL, REDIS_URL, logs)}
    if "import" in options.sections:
        yield {"import": importing.measure(DATABASE_URL, REDIS_URL, logs, quick=options.quick)}


def _compares(options: Options) -> bool:
    return bool({"publishing", "delivery", "latency"} & set(options.sections))


def _compare(options: Options, logs: Path) -> Raw:
    entries = (OURS, *(peer for peer in PEERS if peer.name in options.peers))
    with fleet(entries, DATABASE_URL, REDIS_URL, logs) as contestants:
        raw = comparing.compare(contestants, options)
        failures = {each.name: each.failure for each in contestants if each.failure}
    titles = {entry.name: entry.title for entry in entries}
    return raw | {"titles": titles, "failures": failures}
