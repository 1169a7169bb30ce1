"""Processes and ports of this machine, as far as the local set-up has to know them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

LOOPBACK = "127.0.0.1"


def command_of(pid: int) -> str:
    """Return the command line of a living process; "" for a dead one, a zombie included."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    shown = subprocess.run(
        ["ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return "" if shown.startswith("Z") else shown


def is_ours(pid: int, *marks: str) -> bool:
    """Whether the process lives and its command line carries one of the marks; a reused pid does not."""
    command = command_of(pid)
    return any(mark in command for mark in marks)


def read_pid(file: Path) -> int:
    """Return the pid on a file's first line, 0 where there is none."""
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def end(pid: int, number: signal.Signals = signal.SIGTERM, *, group: bool = False) -> None:
    """Signal a process, or it and its group; one that is gone already is no error."""
    with contextlib.suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(pid, number)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again until the condition holds (True) or the time is up (False)."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(wished: int = 0) -> int:
    """Return the wished port when it is free, else one that is."""
    if wished and port_is_free(wished):
        return wished
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
