"""The examples of the documentation: found in docstrings and in Markdown, and run against a small shop."""

import ast
import inspect
import re
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any
from unittest.mock import patch

from msgspec import Struct

import eventbus
from eventbus import registry, subscriptions, testing

ROOT = Path(__file__).resolve().parents[2]
SHOP = Path(__file__).with_name("shop.py")
PAGES = (
    "README.md",
    "eventbus/README.md",
    *sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md")),
)
_IN_DOCSTRING = re.compile(r"^Examples?:\n\n?((?:[ ]{4}.*\n?|\n)+)", re.MULTILINE)
_IN_MARKDOWN = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(Struct, frozen=True):
    """A piece of code that the documentation shows, and where."""

    where: str
    code: str
    language: str = "python"

    def __str__(self) -> str:
        return self.where

    def run(self) -> None:
        """Run it in a shop of its own; it fails by raising."""
        with a_bus_of_its_own():
            names: dict[str, Any] = {"__name__": "shop"}
            for front_door in (eventbus, testing):
                names |= {name: getattr(front_door, name) for name in front_door.__all__}
            exec(compile(SHOP.read_text(), str(SHOP), "exec"), names)
            exec(compile(self.code, self.where, "exec"), names)


def examples_in(docstring: str) -> list[str]:
    """The code under each line `Example:` of a docstring."""
    return [dedent(block).strip() for block in _IN_DOCSTRING.findall(inspect.cleandoc(docstring))]


def text_of(page: str) -> str:
    """A page of the documentation, by its path in the project."""
    return (ROOT / page).read_text()


def blocks(page: str, *languages: str) -> list[Example]:
    """The fenced blocks of a page, in its order: of these languages, or all of them.

    A test that looks at blocks asks for them here, by the page's written-out name and theirs:
    test_every_block.py finds by that which blocks no test looks at.
    """
    return [
        Example(f"{page}, block {number}", code, language)
        for number, (language, code) in enumerate(_IN_MARKDOWN.findall(text_of(page)), 1)
        if language in languages or not languages
    ]


def docstring_of(module: ModuleType, name: str) -> str:
    """What is said about a name of a module; a type alias has a string behind its assignment."""
    value = getattr(module, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        return value.__doc__ or ""
    return _strings_behind_assignments(name)


def _strings_behind_assignments(name: str) -> str:
    for file in sorted(Path(eventbus.__file__).parent.glob("*.py")):
        body = ast.parse(file.read_text()).body
        for statement, follower in pairwise(body):
            if _assigns(statement, name) and isinstance(follower, ast.Expr):
                return str(getattr(follower.value, "value", ""))
    return ""


def _assigns(statement: ast.stmt, name: str) -> bool:
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name


@contextmanager
def a_bus_of_its_own() -> Generator[None]:
    """While it lasts, no message class and no subscription is known but those of the example."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(registry._classes, clear=True))
        stack.enter_context(patch.dict(registry._decoders, clear=True))
        stack.enter_context(patch.dict(registry._upcasters, clear=True))
        stack.enter_context(patch.dict(subscriptions._subscriptions, clear=True))
        yield
