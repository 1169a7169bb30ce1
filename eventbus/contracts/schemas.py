"""The JSON Schema of a message class, and messages made up from a schema."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from eventbus.contracts import shapes
from eventbus.messages import Message
from eventbus.registry import Json

_SAID_ELSEWHERE = ("title", "description")
_TEXTS = {
    "uuid": "00000000-0000-4000-8000-000000000001",
    "date-time": "2026-01-02T03:04:05.678900Z",
    "date": "2026-01-02",
    "time": "03:04:05",
    "duration": "PT90S",
    "decimal": "12.34",
    "byte": "AA==",
}
_VALUES: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "null": None}


def schema_of(cls: type[Message]) -> Json:
    """What a message of this class is on the wire; no docstrings, and times are told from other text."""
    schema: Json = msgspec.json.schema(cls)
    _mark_all_times(cls, schema["$defs"])
    plain: Json = json.loads(json.dumps(_without_texts(schema)))
    return plain


def components_of(classes: Sequence[type[Message]]) -> tuple[list[Json], dict[str, Json]]:
    """(a pointer to the schema of each class, the schemas and those of what they consist of, by name).

    Docstrings are included. They point to each other at `#/components/schemas/`, as AsyncAPI has it.
    """
    pointers, components = msgspec.json.schema_components(classes, ref_template="#/components/schemas/{name}")
    for cls in classes:
        _mark_all_times(cls, components)
    return list(pointers), json.loads(json.dumps(components))


def _mark_all_times(cls: type[Message], definitions: dict[str, Json]) -> None:
    for struct in _structs(inspect.type_info(cls)):
        for field in struct.fields:
            definition = definitions.get(struct.cls.__name__) or definitions[_long_name(struct.cls)]
            _mark_times(definition["properties"][field.encode_name], field.type)


def _long_name(cls: type) -> str:
    """What msgspec calls a class where another one has its short name."""
    return re.sub(r"[^\w.-]", "_", f"{cls.__module__}.{cls.__qualname__}", flags=re.ASCII)


def _structs(found: Any, seen: frozenset[type] = frozenset()) -> Iterator[Any]:
    if isinstance(found, inspect.StructType) and found.cls not in seen:
        yield found
        for field in found.fields:
            yield from _structs(field.type, seen | {found.cls})
    for part in _parts(found):
        yield from _structs(part, seen)


def _parts(found: Any) -> Iterable[Any]:
    if isinstance(found, inspect.UnionType):
        return found.types
    item = getattr(found, "item_type", ())
    return (*(item if isinstance(item, tuple) else (item,)), *getattr(found, "item_types", ()))


def _mark_times(schema: Json, found: Any) -> None:
    """msgspec writes a time as it writes any text; to a reader it is not the same."""
    if isinstance(found, inspect.DateTimeType):
        schema["format"] = "date-time"
    elif isinstance(found, inspect.UnionType) and any(
        isinstance(t, inspect.DateTimeType) for t in found.types
    ):
        for branch in schema.get("anyOf", ()):
            if branch == {"type": "string"}:
                branch["format"] = "date-time"
    elif item := getattr(found, "item_type", None):
        _mark_times(schema.get("items", {}), item)


def _without_texts(schema: Any, *, names: bool = False) -> Any:
    """The schema without what it says to people; `names`: these keys are names of fields, not keywords."""
    if isinstance(schema, list):
        return [_without_texts(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_texts(value, names=key in ("properties", "$defs") and not names)
        for key, value in schema.items()
        if names or key not in _SAID_ELSEWHERE
    }


def closed(schema: Any, *, names: bool = False) -> Any:
    """The schema as its writer keeps to it: a message has the fields of its class and no others."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {
        key: closed(value, names=key in ("properties", "$defs") and not names)
        for key, value in schema.items()
    }
    if "properties" in whole and not names:
        whole.setdefault("additionalProperties", False)
    return whole


def example(schema: Json, *, everything: bool = True) -> Any:
    """A message that the schema allows, always the same: with every field, or with the required ones."""
    return _example(schema, schema, "", everything)


def _example(schema: Any, root: Any, name: str, everything: bool) -> Any:
    schema = shapes.resolved(schema, root)
    if (branches := shapes.branches(schema)) and not isinstance(schema.get("type"), list):
        filled = [branch for branch in branches if branch != {"type": "null"}]
        return _example((filled or branches)[0], root, name, everything)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type", "object")
    if kind == "object":
        fields = schema.get("properties", {})
        wanted = fields if everything else schema.get("required", ())
        return {field: _example(fields[field], root, field, everything) for field in wanted}
    if kind == "array":
        return [_example(schema.get("items", {}), root, name, everything)] if everything else []
    if kind == "string":
        return _TEXTS.get(schema.get("format", ""), name.replace("_", " "))
    return _VALUES[kind]
