"""What a JSON Schema says about types, properties and items, in one spelling whatever the dialect."""

import re
from typing import Any

TYPES = frozenset(("null", "boolean", "integer", "number", "string", "array", "object"))
_SAYS_NOTHING = ("$defs", "$schema", "default", "definitions", "description", "title", "x-message")


def reference(schema: Any) -> str:
    """Where a schema points, or ""."""
    return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""


def points(schema: Any) -> bool:
    """Whether a schema points somewhere, by itself or in a part that it consists of."""
    return isinstance(schema, dict) and ("$ref" in schema or "allOf" in schema)


def resolved(schema: Any, root: Any) -> Any:
    """The schema itself instead of a pointer to it; a pointer that leads nowhere here stays as it is."""
    seen = set()
    while (target := reference(schema)) and target not in seen:
        seen.add(target)
        found = _lookup(target, root)
        if found is None:
            break
        schema = found
    return _without_nullable(schema)


def _lookup(target: str, root: Any) -> Any:
    if (named := next((part for part in _parts(root) if part.get("$id") == target), None)) is not None:
        return named
    if not target.startswith("#"):
        return None
    found = root
    for step in filter(None, target[1:].split("/")):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _parts(schema: Any) -> Any:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from _parts(value)


def _without_nullable(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable: true` where JSON Schema says that null is one of the types."""
    if not isinstance(schema, dict) or not schema.get("nullable"):
        return schema
    plain = {key: value for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]}


def branches(schema: Any) -> list[Any]:
    """What a union consists of, each branch with what is said beside the union; none for a plain schema."""
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            beside = {k: v for k, v in schema.items() if k not in (keyword, *_SAYS_NOTHING)}
            return [{"allOf": [branch, beside]} if beside else branch for branch in schema[keyword]]
    declared = schema.get("type")
    if isinstance(declared, list) and len(declared) > 1:
        return [schema | {"type": one} for one in declared]
    return []


def merged(schema: Any, root: Any) -> Any:
    """The parts of an `allOf` as one schema; where two say the same keyword, the stricter one counts."""
    whole = {key: value for key, value in schema.items() if key != "allOf"}
    for one in schema["allOf"]:
        part = resolved(one, root)
        if part is False:
            return False
        if part is True:
            continue
        if "allOf" in part:
            part = merged(part, root)
        whole = {**whole, **{key: _stricter(key, whole.get(key), value) for key, value in part.items()}}
    return whole


def _stricter(keyword: str, one: Any, other: Any) -> Any:
    if one is None or one == other:
        return other
    if keyword == "required":
        return sorted({*one, *other})
    if keyword in ("properties", "patternProperties"):
        return one | {k: {"allOf": [one[k], v]} if k in one else v for k, v in other.items()}
    if keyword.startswith("min") or keyword == "exclusiveMinimum":
        return max(one, other)
    if keyword.startswith("max") or keyword == "exclusiveMaximum":
        return min(one, other)
    return other


def types(schema: Any) -> frozenset[str]:
    """The types of what a schema lets be written."""
    declared = schema.get("type")
    if isinstance(declared, list):
        return frozenset(declared)
    if declared:
        return frozenset((declared,))
    if "enum" in schema or "const" in schema:
        return frozenset(type_of(value) for value in schema.get("enum", [schema.get("const")]))
    return TYPES


def accepted_types(schema: Any) -> frozenset[str]:
    """The types that a schema lets in: where numbers are, whole ones are too."""
    found = types(schema)
    return found | {"integer"} if "number" in found else found


def type_of(value: Any) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    named = {int: "integer", float: "number", str: "string", list: "array"}
    return named.get(type(value), "object")


def apart(one: Any, other: Any) -> bool:
    """Whether nothing can be both: no type of one is a type of the other."""
    return not (
        isinstance(one, dict) and isinstance(other, dict) and accepted_types(one) & accepted_types(other)
    )


def property_of(schema: Any, name: str) -> Any:
    """What is said of the property of that name."""
    said = [schema["properties"][name]] if name in schema.get("properties", {}) else []
    said += [value for key, value in schema.get("patternProperties", {}).items() if re.search(key, name)]
    if not said:
        return others_of(schema)
    return said[0] if len(said) == 1 else {"allOf": said}


def pattern_of(schema: Any, pattern: str) -> Any:
    """What is said of the properties whose names match a pattern."""
    return schema.get("patternProperties", {}).get(pattern, others_of(schema))


def others_of(schema: Any) -> Any:
    """What is said of a property that is not named."""
    return schema.get("additionalProperties", True)


def needs(schema: Any, name: str, others: Any) -> bool:
    """Whether a property of that name never comes without the `others`."""
    said = schema.get("dependencies", {}).get(name)
    if isinstance(said, list) and isinstance(others, list):
        return set(others) <= {*said, *schema.get("required", ())}
    return bool(said == others)


def prefix_length(schema: Any) -> int:
    """How many items have a place of their own."""
    items = schema.get("items")
    return len(items) if isinstance(items, list) else 0


def item_of(schema: Any, index: int) -> Any:
    """What is said of the item at that place."""
    items = schema.get("items", True)
    if not isinstance(items, list):
        return items
    return items[index] if index < len(items) else schema.get("additionalItems", True)


def spoken(schema: Any) -> str:
    """A schema in a word or two."""
    if not isinstance(schema, dict):
        return "anything" if schema else "nothing"
    return reference(schema) or listed(types(schema))


def listed(found: frozenset[str]) -> str:
    """Types, by name."""
    return "anything" if found == TYPES else " or ".join(sorted(found)) or "nothing"
