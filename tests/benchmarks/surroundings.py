"""On what was measured: versions and settings, without which a number says nothing."""

import os
import platform
import statistics
import time
from importlib import metadata
from pathlib import Path

from tests.benchmarks import databases, installing
from tests.benchmarks.systems.catalogue import Entry

PACKAGES = ("Django", "psycopg", "celery", "redis", "msgspec")
SETTINGS = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "shared_buffers",
    "autovacuum",
)

PACE_ROUNDS, PACE_STEPS = 9, 400_000


def surroundings(server: str, peers: tuple[Entry, ...]) -> dict[str, str]:
    """Every version and setting that matters, by name."""
    found = {"Python": platform.python_version(), "cores": str(os.cpu_count()), "machine": platform.machine()}
    found |= {name: metadata.version(name) for name in PACKAGES}
    found |= {f"Postgres {name}": value for name, value in databases.settings(server, *SETTINGS).items()}
    return found | _peers(peers)


def _peers(peers: tuple[Entry, ...]) -> dict[str, str]:
    if not peers:
        return {}
    try:
        place = [str(installing.packages())]
    except installing.NotInstalled:
        return {}
    found = {d.metadata["Name"]: d.version for d in metadata.distributions(path=place)}
    return {peer.package: found[peer.package] for peer in peers if peer.package in found}


def redis_version(url: str) -> str:
    """The version of the broker."""
    import redis  # noqa: PLC0415

    with redis.Redis.from_url(url) as client:
        return str(client.info("server")["redis_version"])


def pace() -> float:
    """How long a fixed piece of Python takes, in milliseconds: the pace of a shared machine may change."""
    return statistics.median(_seconds() for _ in range(PACE_ROUNDS)) * 1000


def _seconds() -> float:
    began, texts = time.perf_counter(), {}
    for number in range(PACE_STEPS):
        texts[number % 1000] = str(number)
    return time.perf_counter() - began


def load() -> str:
    """How busy the machine is: a number above the cores spoils what is measured."""
    return Path("/proc/loadavg").read_text().split()[0] if Path("/proc/loadavg").exists() else "unknown"
