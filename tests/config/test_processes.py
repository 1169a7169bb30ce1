"""Processes and ports, asked of the real machine."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from config.local import processes


def test_a_living_process_shows_its_command_line() -> None:
    assert processes.is_ours(os.getpid(), "python")
    assert not processes.is_ours(os.getpid(), "/usr/lib/postgresql/15/bin/postgres -D")


def test_a_zombie_counts_as_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        assert processes.wait_until(lambda: processes.command_of(child.pid) == "", seconds=10)
        os.kill(child.pid, 0)  # the pid exists still: nobody has asked how the process ended
    finally:
        child.wait()


def test_a_file_without_a_pid_reads_as_none(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "words").write_text("not a pid\n")

    assert [processes.read_pid(tmp_path / name) for name in ("missing", "empty", "words")] == [0, 0, 0]


def test_a_wished_port_is_given_while_it_is_free() -> None:
    with socket.create_server((processes.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert not processes.port_is_free(port)
        assert processes.free_port(port) != port
    assert processes.free_port(port) == port
