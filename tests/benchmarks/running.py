"""Every benchmark in turn, on a database of its own."""

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

import django
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from config.settings import REDIS_URL
from tests.acceptance.processes import eventually, relay, worker
from tests.benchmarks import delivery, importing, latency

ROUNDS = 5


def main() -> None:
    """Run every benchmark on a database of its own."""
    created = setup_databases(verbosity=0, interactive=False)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder) / "processes.log")
    finally:
        teardown_databases(created, verbosity=0)


def _measure(log: Path) -> None:
    _print_versions()
    with relay(REDIS_URL, log), worker(REDIS_URL, log, processes=2, level="warning"):
        eventually(lambda: "Leading" in log.read_text(), log)
        delivery.messages_per_second()
        rounds = [(delivery.messages_per_second(), delivery.tasks_per_second()) for _ in range(ROUNDS)]
        latencies = [latency.milliseconds() for _ in range(ROUNDS)]
    _row("delivery to a projection, messages/s", [ours for ours, _ in rounds])
    _row("a Celery task per message, tasks/s", [theirs for _, theirs in rounds])
    _row("  ratio (aim: 30)", [ours / theirs for ours, theirs in rounds])
    for share, aim in ((50, 10), (99, 50)):
        values = [_percentile(sample, share) for sample in latencies]
        _row(f"commit to projection, p{share}, ms (aim: {aim})", values)
    importing.report(_row)


def _percentile(sample: list[float], share: int) -> float:
    return sample[len(sample) * share // 100]


def _row(name: str, values: list[float]) -> None:
    print(f"{name:<55}{median(values):>12,.1f}   [{min(values):,.1f} .. {max(values):,.1f}]", flush=True)


def _print_versions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('fsync')")
        server, fsync = cursor.fetchone()
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"Python {python}, Django {django.__version__}, {os.cpu_count()} cores")
    print(f"PostgreSQL {server}, fsync {fsync}")
    print(f"{'median of ' + str(ROUNDS) + ' rounds':<55}{'':>12}   [lowest .. highest]")
