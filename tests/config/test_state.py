"""The folder `.state`: records and locks."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from config.local.processes import wait_until
from config.local.state import State

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import os, pathlib, signal, sys
from config.local.state import State
with State(pathlib.Path(sys.argv[1])).lock("run"):
    if os.fork() == 0:
        signal.pause()
    print("held", flush=True)
    signal.pause()
"""


def test_a_record_is_replaced_whole_and_kept_to_oneself(state: State) -> None:
    state.write("run", {"port": 1})
    state.write("run", {"port": 2})

    assert state.read("run") == {"port": 2}
    assert (state.directory / "run.json").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in state.directory.iterdir()) == ["run.json"]


def test_a_missing_record_is_empty(state: State) -> None:
    assert state.read("run") == {}


def test_a_lock_ends_with_its_holder_and_not_with_what_it_forked(state: State) -> None:
    command = [sys.executable, "-c", HOLDER, str(state.directory)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True) as holder:
        assert holder.stdout
        holder.stdout.readline()
        assert state.is_locked("run")

        holder.kill()
        holder.wait()

        assert wait_until(lambda: not state.is_locked("run"), seconds=10)
        os.killpg(holder.pid, signal.SIGKILL)
