"""`manage.py sandbox` as a developer starts and stops it: a real process."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from tests.fixtures.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
CHARGE = {"id": "c1", "amount": 1234, "currency": "GBP", "card": "tok_visa"}


@contextmanager
def running(state: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A sandbox process on a free port, and its address."""
    command = [sys.executable, "manage.py", "sandbox", "--port", "0", "--state", str(state)]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()


def test_it_remembers_a_charge_over_a_kill_and_stops_cleanly_when_asked(tmp_path: Path) -> None:
    state = tmp_path / "state" / "sandbox.sqlite3"
    with running(state) as (process, url):
        before = httpx.post(f"{url}/v1/charges", json=CHARGE, trust_env=False)
        process.kill()

    with running(state) as (process, url):
        after = httpx.post(f"{url}/v1/charges", json=CHARGE, trust_env=False)
        process.send_signal(signal.SIGTERM)
        log, _ = process.communicate(timeout=10)

    assert (before.status_code, after.status_code) == (201, 200)
    assert after.json() == before.json()
    assert process.returncode == 0
    first, last = log.splitlines()
    assert first.startswith("POST /v1/charges 200 ")
    assert last == "Sandbox stopped."


def test_there_is_no_sandbox_in_production(settings: Any) -> None:
    settings.SANDBOX_ENABLED = False

    with pytest.raises(CommandError, match="no sandbox in production"):
        call_command("sandbox")


def test_a_port_in_use_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    port = sandbox.url.rsplit(":", 1)[1]

    with pytest.raises(CommandError, match=rf"Port {port} cannot be used \(Address already in use\)"):
        call_command("sandbox", port=int(port), state=tmp_path / "other.sqlite3")
