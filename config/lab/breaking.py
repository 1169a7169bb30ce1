"""What the lab can break. All of it heals by itself, should the lab die."""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx
from django.conf import settings

from config.local import processes

OUTAGE_SECONDS = 60
LONGEST_FROZEN_SECONDS = 30
WORKER = "worker"
Machine = Literal["processor", "carrier"]


def take_down(machine: Machine) -> None:
    """Have the sandbox answer 503 in the name of the processor or the carrier."""
    _switch(machine, OUTAGE_SECONDS)


def bring_up(machine: Machine) -> None:
    """End the outage; harmless where there is none."""
    _switch(machine, 0)


def _switch(machine: Machine, seconds: int) -> None:
    wanted = {"of": machine, "seconds": seconds}
    httpx.post(
        f"{settings.SANDBOX_URL}/v1/outages", json=wanted, timeout=5, trust_env=False
    ).raise_for_status()


def sandbox_answers() -> bool:
    """Whether there is a sandbox to switch."""
    try:
        return httpx.get(f"{settings.SANDBOX_URL}/health", timeout=1, trust_env=False).is_success
    except httpx.TransportError:
        return False


def worker_pid() -> int:
    """The Celery worker that `make run` supervises; 0 where there is none."""
    file: Path = Path(settings.STATE_DIR) / "pids" / f"{WORKER}.pid"
    pid = processes.read_pid(file)
    return pid if pid and processes.is_ours(pid, "celery") else 0


def children_of(pid: int) -> list[int]:
    """The processes that a process has begun."""
    told = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [map(int, line.split()) for line in told.stdout.splitlines()]
    return [child for child, parent in pairs if parent == pid]


@contextmanager
def frozen(pid: int) -> Generator[None]:
    """Stop a process and its children where they stand, and let those go on that live at the end.

    Should the lab die meanwhile, another process sees to it.
    """
    guard = ["sh", "-c", f"sleep {LONGEST_FROZEN_SECONDS}; kill -CONT -{pid}"]
    with subprocess.Popen(guard, start_new_session=True) as other:
        processes.end(pid, signal.SIGSTOP, group=True)
        try:
            yield
        finally:
            thaw(pid)
            processes.end(other.pid, signal.SIGKILL, group=True)


def kill(pid: int) -> None:
    """End a process with no time for a last word."""
    os.kill(pid, signal.SIGKILL)


def thaw(pid: int) -> None:
    """Let a process and its children go on."""
    processes.end(pid, signal.SIGCONT, group=True)
