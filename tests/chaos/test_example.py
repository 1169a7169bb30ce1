"""The plan of docs/chaos.md as a team would run it: it holds, and finds a planted bug."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from tests.acceptance.processes import ROOT, environment, eventually
from tests.docs.examples import blocks

NAME = f"chaos_till_{os.getpid()}"
COMMAND = (sys.executable, "manage.py", "chaos", "tests.chaos.example:plan", "--seed", "7")


@pytest.fixture
def till(django_db_setup: None) -> Iterator[dict[str, str]]:
    """The environment of a till on a database of its own."""
    own = environment()
    with psycopg.connect(own["DATABASE_URL"], autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        url = own["DATABASE_URL"].replace(f"/{connection.settings_dict['NAME']}", f"/{NAME}")
        yield {**own, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.chaos.till.settings"}
        session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def outcome_of(till: dict[str, str], file: Path, bug: str = "") -> tuple[int, dict[str, Any]]:
    """The exit code and the report of a short run."""
    command = (*COMMAND, "--seconds", "6", "--report", str(file))
    done = subprocess.run(
        command, cwd=ROOT, env={**till, "PLANTED_BUG": bug}, capture_output=True, text=True, check=False
    )
    assert file.exists(), done.stdout + done.stderr
    return done.returncode, json.loads(file.read_bytes())


def test_the_books_of_the_till_add_up_whatever_happens_to_its_relays(
    till: dict[str, str], tmp_path: Path
) -> None:
    code, report = outcome_of(till, tmp_path / "report.json")

    assert (code, report["breaches"]) == (0, {})
    assert report["figures"]["sales"] == report["figures"]["receipts"] == report["acts"]["sale"] > 0


@pytest.mark.parametrize("bug", ["doubles", "loses"])
def test_a_planted_bug_is_found(till: dict[str, str], tmp_path: Path, bug: str) -> None:
    code, report = outcome_of(till, tmp_path / "report.json", bug)

    assert (code, list(report["breaches"])) == (1, ["the books add up"])


def test_ctrl_c_ends_everything(till: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            (*COMMAND, "--seconds", "600"), cwd=ROOT, env=till, stdout=output, stderr=output
        )
    eventually(lambda: "kill" in log.read_text(), log)
    running.send_signal(signal.SIGINT)

    assert running.wait(60) == 130
    with psycopg.connect(till["DATABASE_URL"]) as session:
        others = session.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend'"
        ).fetchone()
    assert others == (1,)


def test_the_page_shows_the_plan_that_is_run() -> None:
    (shown,) = blocks("docs/chaos.md", "python")

    assert (ROOT / "tests" / "chaos" / "example.py").read_text().endswith(f"\n\n{shown.code}")
