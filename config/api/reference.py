"""The API's description as a page that people read: no script, nothing from elsewhere."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@dataclass(frozen=True, slots=True)
class Kind:
    """A type in words; `name` where it has an entry of its own."""

    words: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A parameter, or a member of an object."""

    name: str
    kind: Kind
    where: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What may be answered with one status: an object, or problems by their codes."""

    status: str
    kind: Kind
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one address."""

    id: str
    method: str
    path: str
    description: str
    members: tuple[Member, ...]
    body: Kind | None
    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that is sent or answered."""

    name: str
    description: str
    kind: Kind
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """All operations by what they are about, and all things."""

    title: str
    description: str
    operations: Mapping[str, tuple[Operation, ...]]
    things: tuple[Thing, ...]


@cache
def reference() -> Reference:
    """The description, read once."""
    # The generator is not typed.
    told: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    by_tag = defaultdict(list)
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            by_tag[operation["tags"][0]].append(_operation(path, method, operation))
    schemas = told["components"]["schemas"]
    return Reference(
        title=told["info"]["title"],
        description=told["info"]["description"],
        operations={tag: tuple(operations) for tag, operations in sorted(by_tag.items())},
        things=tuple(_thing(name, schema) for name, schema in schemas.items()),
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        description=operation["description"],
        members=tuple(_parameters(operation)),
        body=_kind(body) if body else None,
        replies=tuple(_reply(status, reply) for status, reply in operation["responses"].items()),
    )


def _parameters(operation: dict[str, Any]) -> Iterator[Member]:
    for told in operation.get("parameters", ()):
        yield Member(
            name=told["name"],
            kind=_kind(told["schema"]),
            where=told["in"],
            required=told.get("required", False),
            description=told.get("description", ""),
        )


def _reply(status: str, reply: dict[str, Any]) -> Reply:
    ((_, content),) = reply["content"].items()
    if status < "400":
        return Reply(status, _kind(content["schema"]), ())
    codes = tuple(line.split("`")[1] for line in reply["description"].splitlines())
    return Reply(status, Kind("Problem", "Problem"), codes)


def _thing(name: str, schema: dict[str, Any]) -> Thing:
    needed = schema.get("required", ())
    members = tuple(
        Member(member, _kind(told), "", member in needed, told.get("description", ""))
        for member, told in schema.get("properties", {}).items()
    )
    return Thing(name, "" if "enum" in schema else schema.get("description", ""), _kind(schema), members)


def _kind(schema: dict[str, Any]) -> Kind:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Kind(name, name)
    if several := schema.get("allOf") or schema.get("oneOf") or schema.get("anyOf"):
        kinds = [_kind(each) for each in several]
        named = next((kind.name for kind in kinds if kind.name), "")
        return Kind(" or ".join(dict.fromkeys(kind.words for kind in kinds)), named)
    if schema.get("type") == "array":
        item = _kind(schema["items"])
        return Kind(f"list of {item.words}", item.name)
    if "enum" in schema:
        return Kind(", ".join("null" if each is None else str(each) for each in schema["enum"]))
    types = schema.get("type", "anything")
    return Kind(schema.get("format") or (types if isinstance(types, str) else " or ".join(types)))
