"""What import-linter cannot see: shapes and sizes, tables without strings between rooms, and no signals."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Field, Model

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("orders", "catalog", "payments", "inventory")
CODE = (*ROOMS, "eventbus", "config")
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
MODELS = [model for model in apps.get_models() if model._meta.app_label in {*ROOMS, "eventbus"}]


def files(*folders: str) -> Iterator[Path]:
    """Every file of code, without the migrations that Django wrote."""
    for folder in folders:
        yield from (file for file in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in file.parts)


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and inner ones included."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(file: Path) -> set[str]:
    """The full name of everything a file imports."""
    tree = ast.parse(file.read_text())
    plain = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    return plain | {
        f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def test_no_file_is_too_long() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files(*CODE, "tests")
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{file.relative_to(ROOT)}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for file in files(*CODE, "tests")
        for function in functions(file)
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_tells_what_it_is_for_and_runs_nothing(room: str) -> None:
    card = ast.parse((ROOT / room / "__init__.py").read_text())

    assert ast.get_docstring(card)
    assert len(card.body) == 1


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_wires_nothing_in_its_app_config(room: str) -> None:
    config = (ROOT / room / "apps.py").read_text()

    assert "ready" not in config


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_sends_and_hears_no_django_signals(room: str) -> None:
    heard = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in files(room)
        for name in imports(file)
        if "signals" in name.split(".") or name.startswith("django.dispatch")
    }

    assert heard == set()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_asks_for_no_model_by_its_name(room: str) -> None:
    asked = [str(file.relative_to(ROOT)) for file in files(room) if "get_model(" in file.read_text()]

    assert asked == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_foreign_key_leaves_its_room(model: type[Model]) -> None:
    leaving = {
        f"{field.name} -> {field.related_model._meta.label}"
        for field in model._meta.get_fields()
        if isinstance(field, Field) and isinstance(field.related_model, type)
        if field.related_model._meta.app_label != model._meta.app_label
    }

    assert leaving == set()
