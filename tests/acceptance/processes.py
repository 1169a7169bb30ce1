"""Real processes on the tests' database: a relay, Celery workers, and a Redis of their own to take away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


def environment(redis_url: str = "", settings: str = "") -> dict[str, str]:
    """The environment in which a process of the shop works on the tests' database."""
    given = connection.settings_dict
    account = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
    url = f"postgres://{account}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": redis_url or os.environ.get("REDIS_URL", "redis://127.0.0.1:1/0"),
        "DJANGO_SETTINGS_MODULE": settings or os.environ.get("PROCESS_SETTINGS", "config.settings"),
        "EVENTBUS_DISPATCH": "celery",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def process(
    *arguments: str, redis_url: str = "", log: Path, settings: str = ""
) -> Generator[subprocess.Popen[bytes]]:
    """A Python process of the shop, ended with the block."""
    with log.open("ab") as output:
        running = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment(redis_url, settings),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGTERM)
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


@contextmanager
def relay(redis_url: str, log: Path, *, settings: str = "") -> Generator[subprocess.Popen[bytes]]:
    """A relay."""
    with process("manage.py", "relay", redis_url=redis_url, log=log, settings=settings) as running:
        yield running


@contextmanager
def worker(
    redis_url: str,
    log: Path,
    *,
    processes: int = 1,
    level: str = "info",
    settings: str = "",
) -> Generator[subprocess.Popen[bytes]]:
    """A Celery worker for every queue, without what `make run` leaves out too."""
    queues = "projections,sagas,handlers,external"
    command = ("-m", "celery", "-A", "config", "worker", "-Q", queues, "-c", str(processes), "-l", level)
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    with process(*command, *quiet, redis_url=redis_url, log=log, settings=settings) as running:
        yield running


def eventually(condition: Callable[[], bool], log: Path) -> None:
    """Wait until it is so; fail with the processes' log where it does not come about."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, log.read_text()[-4000:] if log.exists() else "nothing logged"
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether somebody serves this address, and well."""
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False
