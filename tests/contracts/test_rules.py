"""Each rule: what may be written by one schema and is not let in by the other, and what is by both."""

from typing import Any

import pytest

from eventbus.contracts.rules import breaches
from eventbus.contracts.schemas import closed

TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
NOTHING: dict[str, Any] = {"type": "null"}


def fields(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def either(*branches: Any) -> dict[str, Any]:
    return {"anyOf": list(branches)}


NARROWED = {
    "type": (TEXT, WHOLE, [("", "type")]),
    "number to whole": (NUMBER, WHOLE, [("", "type")]),
    "null": (either(TEXT, NOTHING), TEXT, [("", "type")]),
    "nullable as OpenAPI says it": ({"type": "string", "nullable": True}, TEXT, [("", "type")]),
    "type list": ({"type": ["string", "null"]}, TEXT, [("", "type")]),
    "required": (fields(a=TEXT), fields("a", a=TEXT), [("a", "required")]),
    "a deeper field": (
        fields("a", a={"type": "array", "items": fields("b", b=TEXT)}),
        fields("a", a={"type": "array", "items": fields("b", b=WHOLE)}),
        [("a[].b", "type")],
    ),
    "choices": ({"enum": ["a", "b"]}, {"enum": ["a"]}, [("", "enum")]),
    "free text to choices": (TEXT, {"enum": ["a"]}, [("", "enum")]),
    "format": (TEXT, {"type": "string", "format": "uuid"}, [("", "format")]),
    "pattern": (TEXT, {"type": "string", "pattern": "^a"}, [("", "pattern")]),
    "lower bound": ({"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 1}, [("", "minimum")]),
    "upper bound": (WHOLE, {"type": "integer", "maximum": 9}, [("", "maximum")]),
    "bound excluded": (
        {"type": "integer", "maximum": 9},
        {"type": "integer", "exclusiveMaximum": 9},
        [("", "maximum")],
    ),
    "steps": ({"multipleOf": 2, **WHOLE}, {"multipleOf": 4, **WHOLE}, [("", "multipleOf")]),
    "length": ({"maxLength": 9, **TEXT}, {"maxLength": 8, **TEXT}, [("", "maxLength")]),
    "items": ({"type": "array"}, {"type": "array", "minItems": 1}, [("", "minItems")]),
    "items twice": ({"type": "array"}, {"type": "array", "uniqueItems": True}, [("", "uniqueItems")]),
    "an unknown field": (
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": False},
        [("*", "false")],
    ),
    "a branch": (either(TEXT, WHOLE), either(TEXT, NOTHING), [("", "type")]),
    "an exclusion": (TEXT, {"type": "string", "not": {"enum": ["a"]}}, [("", "not")]),
    "a branch elsewhere": (
        either(TEXT, {"$ref": "#/$defs/a"}),
        either(TEXT, {"$ref": "#/$defs/b"}),
        [("", "$ref")],
    ),
    "a pointer to elsewhere": ({"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}, [("", "$ref")]),
}


@pytest.mark.parametrize(("writer", "reader", "found"), NARROWED.values(), ids=NARROWED)
def test_a_reader_that_lets_in_less_says_where_and_by_which_rule(
    writer: Any, reader: Any, found: list[tuple[str, str]]
) -> None:
    assert [(breach.path, breach.rule) for breach in breaches(writer, reader)] == found


SAME = {
    "anything": ({}, True),
    "two ways to say null": ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    "a choice of one": ({"const": "a"}, {"enum": ["a"]}),
    "both truth values": ({"type": "boolean"}, {"enum": [True, False]}),
    "the order of branches": (either(TEXT, NOTHING), either(NOTHING, TEXT)),
    "a default": (TEXT, TEXT | {"default": ""}),
    "all of one": (TEXT, {"allOf": [TEXT]}),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_two_ways_to_say_the_same_fit_both_ways(one: Any, other: Any) -> None:
    assert breaches(one, other) == []
    assert breaches(other, one) == []


def test_one_is_not_true_and_zero_is_not_false() -> None:
    assert [breach.rule for breach in breaches({"enum": [1, 0]}, {"enum": [True, False]})] == ["type"]


def test_a_tree_is_compared_to_its_end() -> None:
    def tree(leaf: Any) -> dict[str, Any]:
        node = fields("leaf", leaf=leaf, children={"type": "array", "items": {"$ref": "#/$defs/node"}})
        return {"$ref": "#/$defs/node", "$defs": {"node": node}}

    assert breaches(tree(TEXT), tree(TEXT)) == []
    assert ("leaf", "type") in [(b.path, b.rule) for b in breaches(tree(TEXT), tree(WHOLE))]


def test_a_tree_does_not_fit_into_what_only_begins_like_it() -> None:
    tree = {"$ref": "#/$defs/node", "$defs": {"node": fields(leaf=TEXT, child={"$ref": "#/$defs/node"})}}
    two_levels = fields(leaf=TEXT, child=fields(leaf=WHOLE))

    assert [(b.path, b.rule) for b in breaches(tree, two_levels)] == [("child.leaf", "type")]


def test_a_reader_that_lets_in_more_takes_all_that_was_written() -> None:
    for name in (
        "number to whole",
        "null",
        "required",
        "choices",
        "free text to choices",
        "pattern",
        "length",
    ):
        narrow, wide = NARROWED[name][1], NARROWED[name][0]
        assert breaches(narrow, wide) == [], name


def test_a_field_is_new_to_an_open_object_and_not_to_a_message() -> None:
    before, after = fields("a", a=TEXT), fields("a", a=TEXT, b=WHOLE)

    assert [(b.path, b.rule) for b in breaches(before, after)] == [("b", "type")]
    assert breaches(closed(before), after) == []


def test_a_field_may_be_called_like_a_keyword() -> None:
    odd = closed(fields("properties", properties=fields("title", title=TEXT)))

    assert odd["properties"]["properties"]["additionalProperties"] is False
    assert breaches(odd, odd) == []
