"""Who says what to whom, read from the code: who publishes a message, and which subscriptions hear it.

Consumers are the subscriptions that are declared. Publishers are the places in the project's apps where a
message is made: a saga or a handler by its name, anything else by its module.
"""

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.apps import AppConfig, apps
from msgspec import Struct

from eventbus.contracts.files import published_classes
from eventbus.messages import Message
from eventbus.subscriptions import Subscription, subscriptions

_NO_PUBLISHERS = {"migrations", "tests", "contracts"}


class Speaker(Struct, frozen=True, order=True):
    """Who says or hears something. `role` is saga, handler, external, projection or code."""

    name: str
    role: str
    room: str


class Heard(Struct, frozen=True, kw_only=True):
    """A message, who makes it, and who hears it."""

    type: str
    version: int
    kind: str
    key: str
    room: str
    summary: str
    publishers: tuple[Speaker, ...]
    consumers: tuple[Speaker, ...]


def event_map() -> list[Heard]:
    """Every message of the project's apps, by wire name."""
    classes = published_classes()
    made = _publishers(classes)
    return [
        Heard(
            type=cls.contract.name,
            version=cls.contract.version,
            kind=cls.contract.kind,
            key=cls.contract.key,
            room=_room(cls.__module__),
            summary=" ".join((inspect.getdoc(cls) or "").partition("\n\n")[0].split()),
            publishers=tuple(sorted(made[cls])),
            consumers=tuple(sorted(_speaker(s) for s in _shown() if cls in s.accepts)),
        )
        for cls in classes
    ]


def _room(module: str) -> str:
    return module.partition(".")[0]


def _shown() -> list[Subscription]:
    return [s for s in subscriptions() if apps.get_containing_app_config(s.consumer.__module__)]


def _speaker(subscription: Subscription) -> Speaker:
    role = {"sagas": "saga", "projections": "projection", "external": "external"}.get(
        subscription.queue, "handler"
    )
    return Speaker(subscription.name, role, _room(subscription.consumer.__module__))


def _publishers(classes: list[type[Message]]) -> dict[type[Message], set[Speaker]]:
    by_home = {(cls.__module__, cls.__name__): cls for cls in classes}
    consumers = {(s.consumer.__module__, s.consumer.__qualname__): _speaker(s) for s in _shown()}
    found: dict[type[Message], set[Speaker]] = defaultdict(set)
    for config in {_config(cls) for cls in classes}:
        for file in sorted(Path(config.path).rglob("*.py")):
            inside = file.relative_to(config.path)
            if _NO_PUBLISHERS.isdisjoint(inside.parts):
                module = ".".join((config.name, *inside.with_suffix("").parts)).removesuffix(".__init__")
                plain = Speaker(module, "code", _room(module))
                for places, made in _made_in(file, by_home):
                    named = {consumers[module, place] for place in places if (module, place) in consumers}
                    found[made] |= named or {plain}
    return found


def _config(cls: type[Message]) -> AppConfig:
    config = apps.get_containing_app_config(cls.__module__)
    assert config is not None
    return config


def _made_in(
    file: Path, by_home: dict[tuple[str, str], type[Message]]
) -> Iterator[tuple[set[str], type[Message]]]:
    """(the classes or functions of the file that make it, its class) for every message made in a file."""
    tree = ast.parse(file.read_text())
    names = _imported(tree)
    named = {_name(statement): set(_names_in(statement)) for statement in tree.body if _name(statement)}
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and (home := _home(node.func, names)) in by_home:
                yield _callers(_name(statement), named), by_home[home]


def _name(statement: ast.stmt) -> str:
    return getattr(statement, "name", "")


def _names_in(statement: ast.stmt) -> Iterator[str]:
    return (node.id for node in ast.walk(statement) if isinstance(node, ast.Name))


def _callers(place: str, named: dict[str, set[str]]) -> set[str]:
    """A place, and the others of its file that use it, directly or through one another."""
    found, waiting = set(), {place}
    while waiting:
        found |= waiting
        waiting = {name for name, used in named.items() if used & waiting} - found
    return found


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """What each imported name stands for: (module, name in it)."""
    return {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _home(called: ast.expr, names: dict[str, tuple[str, str]]) -> tuple[str, str]:
    if isinstance(called, ast.Name):
        return names.get(called.id, ("", ""))
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in names:
        return ".".join(names[called.value.id]), called.attr
    return "", ""
