"""docs/add-a-consumer.md and docs/add-a-context.md, followed step by step in a copy of the project."""

import filecmp
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from tests.docs.examples import ROOT, Example, blocks

STEPS = (*blocks("docs/add-a-consumer.md"), *blocks("docs/add-a-context.md"))
PRODUCERS = ("orders", "payments", "inventory", "catalog", "eventbus")
TAKEN = (*PRODUCERS, "config", "templates", "tests", "docs", "manage.py", "pyproject.toml")
BESIDE = {
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "PYTEST_ADDOPTS": "--reuse-db",  # the room's tests are run twice
}
NAME = f"fraud_check_{uuid4().hex}"


@pytest.fixture
def database(django_db_setup: None) -> Iterator[str]:
    """The address of an empty database; it is dropped afterwards, and so is the one its tests made."""
    given = connection.settings_dict
    account = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
    server = f"postgres://{account}@{given['HOST']}:{given['PORT']}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as session:
        session.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        session.execute(f"CREATE DATABASE {NAME}")
        yield f"{server}/{NAME}"
        for name in (NAME, f"test_{NAME}"):
            session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project, to be changed."""
    for name in TAKEN:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_a_room_that_listens_and_then_speaks(copy: Path, database: str) -> None:
    said = "".join(_follow(step, copy, database) for step in STEPS)

    assert said.count("1 passed") == 1
    assert said.count("2 passed") == 1
    assert "fraud.customers" in said
    assert "0 broken." in said
    assert (copy / "fraud" / "contracts" / "fraud.review_ended.v1.json").is_file()
    assert "fraud.review_ended" in (copy / "docs" / "events" / "README.md").read_text()
    assert [room for room in PRODUCERS if _differences(filecmp.dircmp(ROOT / room, copy / room))] == []


def _follow(step: Example, project: Path, database: str) -> str:
    """Do what a block says; returns what its commands printed."""
    if step.language == "sh":
        return _shell(step.code, project, database)
    if step.language == "toml":
        _place(project, step.code)
        return ""
    assert step.language == "python", step.where
    name, _, body = step.code.partition("\n")
    (project / name.removeprefix("# ")).write_text(body)
    return ""


def _place(project: Path, lines: str) -> None:
    """Let the room stand where the page's lines of pyproject.toml say, and be one of the apps."""
    for line in lines.splitlines():
        _replace(project / "pyproject.toml", line.replace('"fraud", ', ""), line)
    _replace(project / "config" / "settings.py", '    "orders",\n', '    "orders",\n    "fraud",\n')


def _replace(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1, before
    file.write_text(text.replace(before, after))


def _shell(commands: str, project: Path, database: str) -> str:
    # Nothing runs beside the copy, and the doctor says that no relay leads.
    commands = commands.replace("eventbus_doctor", "eventbus_doctor || test $? -eq 2")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "PYTHON"))}
    done = subprocess.run(
        ["sh", "-ec", commands],
        cwd=project,
        env=kept | BESIDE | {"DATABASE_URL": database},
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def _differences(compared: "filecmp.dircmp[str]") -> list[str]:
    found = [*compared.left_only, *compared.right_only, *compared.diff_files]
    found = [name for name in found if name != "__pycache__"]
    return found + [name for below in compared.subdirs.values() for name in _differences(below)]
