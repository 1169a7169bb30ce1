"""docs/use-the-bus.md, typed: a new project that takes the folder in, on a database of its own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from packaging.requirements import Requirement

from tests.docs.examples import ROOT, blocks

FILES = [block.code for block in blocks("docs/use-the-bus.md", "python")]
TAKE_IN, TRY_OUT, LATER = (block.code for block in blocks("docs/use-the-bus.md", "sh"))
(PRINTED,) = (block.code for block in blocks("docs/use-the-bus.md", "text"))
PINNED: dict[str, str] = dict(
    re.findall(r"^([\w-]+)(?:\[.*\])?==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
)


@pytest.fixture
def environment(django_db_setup: None) -> Iterator[dict[str, str]]:
    """An empty database, as libpq's variables name it; dropped afterwards."""
    given = connection.settings_dict
    server = {
        "PGHOST": given["HOST"],
        "PGPORT": str(given["PORT"]),
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
    }
    name = f"use_the_bus_{uuid4().hex}"
    address = psycopg.conninfo.make_conninfo(
        host=server["PGHOST"],
        port=server["PGPORT"],
        user=server["PGUSER"],
        password=server["PGPASSWORD"],
        dbname="postgres",
    )
    with psycopg.connect(address, autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{name}"')
        yield _without_this_project(os.environ) | server | {"PGDATABASE": name}
        session.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _without_this_project(variables: "os._Environ[str]") -> dict[str, str]:
    kept = {key: value for key, value in variables.items() if not key.startswith(("DJANGO_", "PYTHON"))}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{variables['PATH']}", "PYTHONWARNINGS": "error"}


def test_a_new_project_takes_the_bus_in(tmp_path: Path, environment: dict[str, str]) -> None:
    shutil.copytree(
        ROOT / "eventbus", tmp_path / "eventbus", ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    _, _, commands = TAKE_IN.partition("\n")
    _shell(commands, tmp_path, environment)
    project = tmp_path / "mystore"
    for code in FILES:
        _write(project, code)

    said = _shell(TRY_OUT, project, environment)

    assert PRINTED in said
    assert "orders.sales_by_day" in said


def test_what_is_installed_lets_in_what_the_bus_is_tested_with() -> None:
    asked = [
        Requirement(word)
        for block in (TAKE_IN, LATER)
        for word in shlex.split(block.partition("\n")[0].removeprefix("pip install "))
    ]

    assert len(asked) == 7
    assert [str(one) for one in asked if PINNED[_spelt(one.name)] not in one.specifier] == []


def _spelt(name: str) -> str:
    return next(pinned for pinned in PINNED if pinned.lower() == name.lower())


def _write(project: Path, code: str) -> None:
    name, _, body = code.partition("\n")
    file = project / name.removeprefix("# ")
    if file.name == "settings.py":
        body = f"import os\n{file.read_text()}\n{body}"
    file.write_text(body)


def _shell(commands: str, folder: Path, environment: dict[str, str]) -> str:
    """What the commands print; the first that fails ends them, but for the doctor's exit code."""
    commands = commands.replace("eventbus_doctor", "eventbus_doctor || test $? -lt 2")
    done = subprocess.run(
        ["sh", "-ec", commands],
        cwd=folder,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
