"""All that stands behind the front door says what it takes, raises and is for, with an example that runs."""

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

import eventbus
from eventbus import testing
from eventbus.messages import MessageMeta
from tests.docs.examples import Example, blocks, docstring_of, examples_in
from tests.docs.tables import Order, OrderHistoryRow

PUBLIC = [(module, name) for module in (eventbus, testing) for name in module.__all__]
CANNOT_FAIL = {
    "Envelope",
    "Json",
    "Record",
    "backdated",
    "continuing",
    "correlate",
    "current_envelope",
    "current_story",
    "current_time",
    "examine",
    "measure",
    "observe",
    "needs_a_person",
    "on",
    "outgoing_headers",
    "published",
    "published_ids",
    "vital_signs",
}
"""What has no error to tell of."""


def _named(case: object) -> str:
    return case.__name__ if isinstance(case, ModuleType) else str(case)


@pytest.fixture(scope="session")
def _tables_of_examples(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Order)
        editor.create_model(OrderHistoryRow)


def _examples() -> Iterator[Example]:
    for module, name in PUBLIC:
        for code in examples_in(docstring_of(module, name)):
            yield Example(f"{module.__name__}.{name}", code)
    yield from blocks("eventbus/README.md", "python")


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=_named)
def test_a_public_name_shows_an_example(module: ModuleType, name: str) -> None:
    assert examples_in(docstring_of(module, name))


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=_named)
def test_a_public_name_says_what_it_raises(module: ModuleType, name: str) -> None:
    says = "aise" in docstring_of(module, name).partition("Example:")[0]

    assert says != (name in CANNOT_FAIL)


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=_named)
def test_a_public_name_explains_its_options(module: ModuleType, name: str) -> None:
    said = docstring_of(module, name).partition("Example:")[0]

    assert [option for option in _options(getattr(module, name)) if option not in said] == []


def _options(value: Any) -> list[str]:
    """What can be passed by name only, or has a default: what a reader cannot guess."""
    if isinstance(value, MessageMeta):
        value = MessageMeta.__new__
    elif inspect.isclass(value):
        value = value.__init_subclass__ if "__init_subclass__" in vars(value) else None
    if not inspect.isroutine(value):
        return []
    parameters = inspect.signature(value).parameters.values()
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [p.name for p in named if p.kind == p.KEYWORD_ONLY or p.default not in (p.empty, None, ())]


@pytest.mark.usefixtures("_tables_of_examples", "bus")
@pytest.mark.parametrize("example", list(_examples()), ids=str)
def test_an_example_runs(example: Example) -> None:
    example.run()
