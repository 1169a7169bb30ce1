"""Whether everything that one JSON Schema lets be written is let in by another one.

    assert breaches({"type": "integer"}, {"type": "number"}) == []
    assert breaches({"type": "number"}, {"type": "integer"})[0].rule == "type"

The question is answered for what the two keyword sets say (draft 7, and OpenAPI's `nullable`), not by trying
values. Where it cannot be decided, as between two patterns that are not the same, the answer is a breach.
"""

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from eventbus.contracts import shapes, values

Schema = Any
"""A JSON Schema: a dictionary, or True or False."""


class Breach(Struct, frozen=True):
    """A place where something can be written that is not let in: `rule` is the keyword that refuses it."""

    path: str
    rule: str
    says: str

    def __str__(self) -> str:
        return f"{self.path or '(the message)'}: {self.rule}: {self.says}"


def breaches(writer: Schema, reader: Schema) -> list[Breach]:
    """Every place where `reader` refuses what `writer` lets be written; none: all of it can be read."""
    return list(_Comparison(writer, reader).compare(writer, reader, ""))


class _Comparison:
    """One writer against one reader; a pair that is under way already, as in a tree, is taken to fit."""

    def __init__(self, writer: Schema, reader: Schema) -> None:
        self._roots = (writer, reader)
        self._under_way: set[tuple[str, str]] = set()

    def compare(self, writer: Schema, reader: Schema, path: str) -> Iterator[Breach]:
        pair = None
        if shapes.points(writer) or shapes.points(reader):  # a tree can only be built with these
            pair = (json.dumps(writer, sort_keys=True), json.dumps(reader, sort_keys=True))
            if pair in self._under_way:
                return
            self._under_way.add(pair)
        writer = shapes.resolved(writer, self._roots[0])
        reader = shapes.resolved(reader, self._roots[1])
        yield from self._unions(writer, reader, path)
        if pair:
            self._under_way.discard(pair)

    def _unions(self, writer: Schema, reader: Schema, path: str) -> Iterator[Breach]:
        """All that a writer's union may be has to fit; of a reader's union one branch is enough."""
        if writer is False or reader is True or reader == {}:
            return
        if reader is False:
            yield Breach(path, "false", "nothing is let in here any more")
            return
        writer = {} if writer is True else writer
        if branches := shapes.branches(writer):
            for branch in branches:
                yield from self.compare(branch, reader, path)
        elif "allOf" in reader:
            for part in (*reader["allOf"], {k: v for k, v in reader.items() if k != "allOf"}):
                yield from self.compare(writer, part, path)
        elif "allOf" in writer:
            yield from self.compare(shapes.merged(writer, self._roots[0]), reader, path)
        elif candidates := shapes.branches(reader):
            yield from self._nearest(writer, candidates, path)
        else:
            yield from self._plain(writer, reader, path)

    def _nearest(self, writer: Schema, candidates: list[Schema], path: str) -> Iterator[Breach]:
        refusals = [list(self.compare(writer, candidate, path)) for candidate in candidates]
        nearest = min(refusals, key=lambda found: (any(b.path == path for b in found), len(found)))
        if nearest and all(b.rule == "type" and b.path == path for found in refusals for b in found):
            yield Breach(path, "type", f"{shapes.spoken(writer)} is none of what is let in")
        else:
            yield from nearest

    def _plain(self, writer: Schema, reader: Schema, path: str) -> Iterator[Breach]:
        if "$ref" in writer or "$ref" in reader:  # to somewhere outside: it can only be the same
            if writer.get("$ref") != reader.get("$ref"):
                yield Breach(path, "$ref", f"{shapes.spoken(writer)} became {shapes.spoken(reader)}")
            return
        if unknown := shapes.types(writer) - shapes.accepted_types(reader):
            yield Breach(path, "type", f"{shapes.listed(unknown)} is not let in")
            return
        yield from (Breach(path, rule, says) for rule, says in values.refusals(writer, reader))
        yield from self._exclusions(writer, reader, path)
        if "object" in shapes.types(writer):
            yield from self._objects(writer, reader, path)
        if "array" in shapes.types(writer):
            yield from self._arrays(writer, reader, path)

    def _exclusions(self, writer: Schema, reader: Schema, path: str) -> Iterator[Breach]:
        """What a reader excludes, the writer has to exclude as well; conditions have to be the same ones."""
        if "not" in reader and not shapes.apart(writer, reader["not"]):
            turned = _Comparison(*self._roots[::-1])
            if "not" not in writer or any(turned.compare(reader["not"], writer["not"], path)):
                yield Breach(path, "not", "something is excluded that was not before")
        if "if" in reader:
            if writer.get("if") != reader["if"]:
                yield Breach(path, "if", "the condition is another one")
            beside = {key: value for key, value in writer.items() if key not in ("if", "then", "else")}
            for branch in ("then", "else"):
                written = {"allOf": [writer.get(branch, True), beside]}
                yield from self.compare(written, reader.get(branch, True), path)

    def _objects(self, writer: Schema, reader: Schema, path: str) -> Iterator[Breach]:
        for name in reader.get("required", ()):
            if name not in writer.get("required", ()):
                yield Breach(_join(path, name), "required", "it is required, and not always written")
        for name in sorted({*writer.get("properties", {}), *reader.get("properties", {})}):
            yield from self.compare(
                shapes.property_of(writer, name), shapes.property_of(reader, name), _join(path, name)
            )
        for pattern in sorted({*writer.get("patternProperties", {}), *reader.get("patternProperties", {})}):
            yield from self.compare(
                shapes.pattern_of(writer, pattern), shapes.pattern_of(reader, pattern), _join(path, pattern)
            )
        yield from self.compare(shapes.others_of(writer), shapes.others_of(reader), _join(path, "*"))
        if "propertyNames" in reader:
            names = writer.get("propertyNames", {"type": "string"})
            yield from self.compare(names, reader["propertyNames"], _join(path, "(names)"))
        for name, needs in reader.get("dependencies", {}).items():
            if not shapes.needs(writer, name, needs):
                yield Breach(_join(path, name), "dependencies", "what it needs is another thing")

    def _arrays(self, writer: Schema, reader: Schema, path: str) -> Iterator[Breach]:
        longest = max(shapes.prefix_length(writer), shapes.prefix_length(reader))
        for index in range(min(longest, writer.get("maxItems", longest))):
            yield from self.compare(
                shapes.item_of(writer, index), shapes.item_of(reader, index), f"{path}[{index}]"
            )
        if writer.get("maxItems", longest + 1) > longest:
            yield from self.compare(
                shapes.item_of(writer, longest), shapes.item_of(reader, longest), f"{path}[]"
            )
        among = self.compare(writer.get("contains", True), reader.get("contains", True), f"{path}[]")
        yield from (Breach(breach.path, "contains", breach.says) for breach in among)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
