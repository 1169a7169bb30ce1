"""What the rules let pass is never refused by an independent validator, whatever is written."""

from collections.abc import Iterable
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from eventbus.contracts.rules import breaches
from eventbus.contracts.schemas import closed

NAMES = ("a", "b", "c")
bounds = st.integers(0, 3)


def sized(kind: str, low: str, high: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"type": st.just(kind)}, optional={low: bounds, high: st.integers(3, 5)})


plain = st.one_of(
    sized("integer", "minimum", "maximum"),
    sized("number", "minimum", "maximum"),
    sized("string", "minLength", "maxLength"),
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.builds(
        lambda values: {"enum": sorted(values, key=repr)},
        st.sets(st.sampled_from(("x", "y", 1, 2, None)), min_size=1),
    ),
)


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    objects = st.builds(
        lambda properties, required: {
            "type": "object",
            "properties": properties,
            "required": sorted(required & properties.keys()),
        },
        fields,
        st.sets(st.sampled_from(NAMES)),
    )
    arrays = st.builds(
        lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, bounds
    )
    unions = st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3))
    return st.one_of(objects, arrays, unions)


schemas = st.recursive(plain, composed, max_leaves=4)


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Whatever the schema lets be written."""
    if "anyOf" in schema:
        return st.one_of([values(branch) for branch in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    low, high = schema.get("minimum", 0), schema.get("maximum", 6)
    by_type: dict[str, Any] = {
        "integer": lambda: st.integers(low, high),
        "number": lambda: st.floats(low, high),
        "string": lambda: st.text(
            "xy", min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 6)
        ),
        "boolean": st.booleans,
        "null": st.none,
        "array": lambda: st.lists(values(schema["items"]), min_size=schema["minItems"], max_size=4),
        "object": lambda: _objects(schema["properties"], schema["required"]),
    }
    found: st.SearchStrategy[Any] = by_type[schema["type"]]()
    return found


def _objects(properties: dict[str, Any], required: Iterable[str]) -> st.SearchStrategy[Any]:
    known = {name: values(part) for name, part in properties.items()}
    return st.fixed_dictionaries(
        {name: known[name] for name in required},
        optional={name: value for name, value in known.items() if name not in required},
    )


@st.composite
def changed(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A writer, and a reader that is another schema or the same one with more, or less, let in."""
    writer = draw(schemas)
    kept = writer.get("anyOf", [writer])[:1]
    near = ({"anyOf": [writer, {"type": "null"}]}, {"anyOf": kept}, writer)
    reader = draw(st.one_of(schemas, st.sampled_from(near)))
    return writer, reader


@settings(max_examples=400, deadline=None)
@given(changed(), st.data())
def test_what_fits_by_the_rules_is_let_in_by_a_validator(
    pair: tuple[dict[str, Any], dict[str, Any]], data: st.DataObject
) -> None:
    writer, reader = pair
    value = data.draw(values(writer))
    assert jsonschema.Draft202012Validator(closed(writer)).is_valid(value)

    if not breaches(closed(writer), reader):
        jsonschema.Draft202012Validator(reader).validate(value)


@settings(max_examples=200, deadline=None)
@given(schemas)
def test_what_is_left_as_it_was_always_fits(schema: dict[str, Any]) -> None:
    assert breaches(closed(schema), schema) == []
