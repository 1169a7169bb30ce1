"""What one JSON Schema says of single values, such as bounds, lengths and choices, against another one."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from eventbus.contracts import shapes

Refusal = tuple[str, str]

_FLOORS = ("minLength", "minItems", "minProperties")
_CEILINGS = ("maxLength", "maxItems", "maxProperties")
_SAME = ("pattern", "format", "contentEncoding", "contentMediaType")
_CONCERN = {
    "Length": "string",
    "Items": "array",
    "Properties": "object",
}


def refusals(writer: dict[str, Any], reader: dict[str, Any]) -> Iterator[Refusal]:
    """(keyword, what is wrong) for whatever `reader` says of values that `writer` does not keep to."""
    if (chosen := choices(writer)) is not None:
        yield from _choices(chosen, reader)
        return
    if (let_in := choices(reader)) is not None and not _all_there_is(writer, let_in):
        yield "enum", "only certain values are let in"
    kinds = shapes.types(writer)
    if kinds & {"integer", "number"}:
        yield from _numbers(writer, reader)
    yield from _sizes(writer, reader, kinds)
    if "string" in kinds:
        for keyword in _SAME:
            if keyword in reader and writer.get(keyword) != reader[keyword]:
                yield (
                    keyword,
                    f"{writer.get(keyword, 'anything')!r} may be written, {reader[keyword]!r} is asked for",
                )
    if "array" in kinds and reader.get("uniqueItems") and not writer.get("uniqueItems"):
        yield "uniqueItems", "no item may come twice"


def choices(schema: dict[str, Any]) -> list[Any] | None:
    """The values that a schema lists and its type allows, or None where it lists none."""
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if listed is None or "type" not in schema:
        return listed
    return [value for value in listed if shapes.type_of(value) in shapes.accepted_types(schema)]


def _choices(chosen: list[Any], reader: dict[str, Any]) -> Iterator[Refusal]:
    let_in = choices(reader)
    refused = [value for value in chosen if not _accepts(reader, value, let_in)]
    if refused:
        rule = "enum" if let_in is not None else "type"
        yield rule, f"{', '.join(map(repr, refused))} may be written and is not let in"


def _accepts(reader: dict[str, Any], value: Any, let_in: list[Any] | None) -> bool:
    if let_in is not None:
        return any(value == one and type(value) is type(one) for one in let_in)
    kind = shapes.type_of(value)
    if kind not in shapes.accepted_types(reader):
        return False
    if isinstance(value, str) and "pattern" in reader and not re.search(reader["pattern"], value):
        return False
    as_schema = {"type": kind} | _bounds_of(value)
    return not [rule for rule, _ in refusals(as_schema, reader) if rule not in _SAME]


def _bounds_of(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"minLength": len(value), "maxLength": len(value)}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"minimum": value, "maximum": value, "multipleOf": value or 1}
    return {}


def _all_there_is(writer: dict[str, Any], let_in: list[Any]) -> bool:
    everything: dict[str, list[Any]] = {"null": [None], "boolean": [True, False]}
    kinds = shapes.types(writer)
    return all(kind in everything and all(one in let_in for one in everything[kind]) for kind in kinds)


def _numbers(writer: dict[str, Any], reader: dict[str, Any]) -> Iterator[Refusal]:
    for keyword, sign in (("inimum", 1), ("aximum", -1)):
        asked, kept = _bound(reader, keyword, sign), _bound(writer, keyword, sign)
        if asked is not None and (kept is None or kept < asked):
            yield f"m{keyword}", f"values beyond {asked[0] * sign} may be written"
    step = reader.get("multipleOf")
    written = writer.get("multipleOf", 1 if shapes.types(writer) == {"integer"} else None)
    if step is not None and (written is None or Fraction(str(written)) % Fraction(str(step))):
        yield "multipleOf", f"other values than multiples of {step} may be written"


def _bound(schema: dict[str, Any], keyword: str, sign: int) -> tuple[float, bool] | None:
    """How far a schema lets go on one side: (bound, whether the bound itself is excluded), to be compared."""
    plain, exclusive = schema.get(f"m{keyword}"), schema.get(f"exclusiveM{keyword}")
    if exclusive is True:  # draft 4: a flag beside the bound
        return None if plain is None else (plain * sign, True)
    found = [(plain * sign, False)] if plain is not None else []
    if exclusive not in (None, False):
        found.append((exclusive * sign, True))
    return max(found, default=None)


def _sizes(writer: dict[str, Any], reader: dict[str, Any], kinds: frozenset[str]) -> Iterator[Refusal]:
    for suffix, kind in _CONCERN.items():
        if kind not in kinds:
            continue
        if reader.get(f"min{suffix}", 0) > writer.get(f"min{suffix}", 0):
            yield f"min{suffix}", f"fewer than {reader[f'min{suffix}']} may be written"
        most = reader.get(f"max{suffix}")
        if most is not None and writer.get(f"max{suffix}", most + 1) > most:
            yield f"max{suffix}", f"more than {most} may be written"
