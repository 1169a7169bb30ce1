"""The shop survives a short chaos run: web, relays, workers, Redis and Postgres killed while people shop."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.services import Services
from config.local.state import State
from tests.chaos.shopping import SAME
from tests.docs.examples import blocks

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "config.local", "chaos", "--seconds", "25", "--seed", "7")
PARTS = {"postgres", "redis", "sandbox", "web", "relay-1", "relay-2", "clock", "worker", "external"}


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A state folder of its own; a server outside of it is deleted too."""
    yield State(tmp_path)
    Services(State(tmp_path / "chaos")).wipe()


def processes_of(state: State) -> list[str]:
    """The command lines that work for this folder, or were started from it."""
    shown = subprocess.run(["ps", "-A", "-ww", "-o", "command="], capture_output=True, text=True, check=True)
    return [line for line in shown.stdout.splitlines() if str(state.directory) in line]


def told() -> list[str]:
    """What must hold, in the report that the page shows."""
    (report,) = blocks("docs/chaos.md", "text")
    return re.findall(r"^  (.+?) +\d+ checks, held$", report.code, re.MULTILINE)


def test_nothing_is_lost_or_doubled_whatever_is_killed(state: State) -> None:
    file = state.directory / "report.json"
    environment = {**os.environ, "SHOP_STATE": str(state.directory)}

    done = subprocess.run(
        (*COMMAND, "--report", str(file)),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    report = json.loads(file.read_bytes())
    assert report["faults"].keys() == PARTS | {"lanes", "messages", "wake-ups"}
    assert report["figures"]["orders placed"] > 0
    assert not report["figures"]["delivered again"].startswith("0,")
    assert report["checks"].keys() | {SAME} == set(told()), "docs/chaos.md shows a report"
    assert processes_of(state) == []
