"""`make run` and `make stop`, as far as no shop has to be opened for it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.local import processes, running
from config.local.errors import AlreadyRunning, PortInUse
from config.local.login import Login
from config.local.state import State
from config.local.watching import announcement


def test_a_port_in_use_is_named_with_a_way_out(state: State, tmp_path: Path) -> None:
    with socket.create_server((processes.LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=rf"Port {port} is in use .* `make run PORT=\d+`"):
            running.run(state, tmp_path, port)


def test_a_run_that_is_not_open_yet_is_the_one_that_would_be_stopped(state: State, tmp_path: Path) -> None:
    state.write(running.RUNNING, {"pid": 1, "port": 8123})
    with socket.create_server((processes.LOOPBACK, 0)) as taken, pytest.raises(PortInUse):
        running.run(state, tmp_path, taken.getsockname()[1])

    assert state.read(running.RUNNING) == {"pid": os.getpid(), "port": 8123}


def test_a_second_run_says_where_the_first_one_is(state: State, tmp_path: Path) -> None:
    state.write(running.RUNNING, {"port": 8123})
    with (
        state.lock(running.RUNNING),
        pytest.raises(AlreadyRunning, match=r"at http://127\.0\.0\.1:8123; `make stop`"),
    ):
        running.run(state, tmp_path, 8000)


def test_what_a_killed_run_left_behind_is_ended(state: State, tmp_path: Path) -> None:
    sleeping = "import signal, sys; print(flush=True); signal.pause()"
    left = subprocess.Popen(
        [sys.executable, "-c", sleeping, str(tmp_path)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert left.stdout
    left.stdout.readline()
    (state.folder("pids") / "web.pid").write_text(f"{left.pid}\n")

    assert running.end_leftovers(state, tmp_path) == ["web"]
    assert left.wait() != 0
    left.stdout.close()


def test_a_pid_that_now_belongs_to_another_program_is_left_alone(state: State) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
    (state.folder("pids") / "web.pid").write_text(f"{other.pid}\n")

    assert running.end_leftovers(state, Path("/somewhere/else")) == []
    assert other.poll() is None
    other.kill()
    other.wait()


def test_every_queue_has_a_worker() -> None:
    queues = {
        queue
        for command in running.commands(8000, 8090).values()
        if "-Q" in command
        for queue in command.partition("-Q ")[2].split(",")
    }

    assert queues == {"projections", "sagas", "handlers", "external"}


@pytest.mark.parametrize(
    ("password", "told"), [("s3cret", "password s3cret"), ("", "with the password you chose")]
)
def test_the_announcement_tells_address_and_login(password: str, told: str) -> None:
    lines = announcement(8123, Login(password)).splitlines()

    assert lines == [
        "The shop is open: http://127.0.0.1:8123",
        f"For staff:        http://127.0.0.1:8123/admin/ (user staff, {told})",
        "Ctrl-C closes it.",
    ]
