"""What a change to a message is called, and what is said to do about it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct
from msgspec.structs import replace

from eventbus import Event, Json, upcast
from eventbus.contracts import checking, files
from eventbus.contracts.checking import findings
from eventbus.contracts.files import Contract, contract_of, stored, write
from eventbus.contracts.schemas import components_of


class Part(Struct, frozen=True, kw_only=True):
    sku: str
    quantity: int


class Packed(Event, name="contracts.packed", version=1, key="parcel_id"):
    parcel_id: UUID
    parts: tuple[Part, ...]
    note: str = ""


class Sealed(Event, name="contracts.sealed", version=4, key="parcel_id"):
    parcel_id: UUID
    grams: int
    by: str


@upcast(Sealed, from_version=1)
def weigh_in_grams(data: Json) -> Json:
    return {"parcel_id": data["parcel_id"], "grams": data["kilograms"] * 1000}


@upcast(Sealed, from_version=2)
def name_the_packer(data: Json) -> Json:
    return data | {"packer": "nobody"}


@upcast(Sealed, from_version=3)
def call_the_packer_by(data: Json) -> Json:
    return {"parcel_id": data["parcel_id"], "grams": data["grams"], "by": data["packer"]}


class Shelf:
    class Part(Struct, frozen=True, kw_only=True):
        put_at: datetime


class Stored(Event, name="contracts.stored", version=1, key="parcel_id"):
    parcel_id: UUID
    parts: tuple[Part, ...]
    places: tuple[Shelf.Part, ...]


PACKED = contract_of(Packed)


def published(cls: Any = Packed, *, definition: str = "Packed", **changes: Any) -> Contract:
    """The contract of a class as it was before: `drop` and `add` say how its fields were different."""
    contract = contract_of(cls)
    schema, sample = json.loads(json.dumps(contract.schema)), dict(contract.sample)
    target = schema["$defs"][definition]
    for name in changes.get("drop", ()):
        del target["properties"][name]
        sample.pop(name, None)
        target["required"] = [one for one in target["required"] if one != name]
    for name, (field, value) in changes.get("add", {}).items():
        target["properties"][name] = field
        sample[name] = value
    target["required"] += changes.get("require", [])
    return replace(contract, schema=schema, sample=sample, version=changes.get("version", contract.version))


def said(cls: Any, *old: Contract) -> list[tuple[str, str]]:
    return [(finding.field, finding.rule) for finding in findings(cls, old)]


def test_two_structures_of_one_name_are_told_apart() -> None:
    pointers, components = components_of([Packed, Stored])

    told_apart = [name for name in components if name.endswith("Part")]
    assert len(told_apart) == 2
    assert [pointer["$ref"] for pointer in pointers] == [
        "#/components/schemas/Packed",
        "#/components/schemas/Stored",
    ]
    assert said(Stored, contract_of(Stored)) == []
    assert contract_of(Stored).sample["places"] == [{"put_at": "2026-01-02T03:04:05.678900Z"}]


def test_a_contract_that_is_kept_is_not_mentioned() -> None:
    assert said(Packed, PACKED) == []


def test_a_message_without_a_contract_is_to_be_recorded() -> None:
    assert [str(finding) for finding in findings(Packed, [])] == [
        "contracts.packed v1: unrecorded: this shape is not committed yet. "
        "Run manage.py check_event_schemas --write and commit what it writes."
    ]


def test_a_new_field_with_a_default_is_only_to_be_recorded() -> None:
    assert said(Packed, published(drop=["note"])) == [("", "unrecorded")]


def test_a_new_field_that_was_never_written_breaks_every_replay() -> None:
    old = published(definition="Part", drop=["quantity"])
    old = replace(old, sample=old.sample | {"parts": [{"sku": "TEAPOT"}]})

    assert said(Packed, old) == [
        ("", "unreadable"),
        ("", "unrecorded"),
        ("parts[].quantity", "required"),
    ]


def test_a_breach_says_whose_field_breaks_which_rule_and_what_to_do() -> None:
    was = published(add={"note": ({"type": "integer"}, "7")})

    backward = [str(finding) for finding in findings(Packed, [was]) if "BACKWARD" in finding.says]

    assert backward == [
        "contracts.packed v1: note: type: integer is not let in (BACKWARD, against contracts.packed.v1). "
        "The log holds messages that could not be read any more: give a new field a default, "
        "or raise the class to version=2 with @upcast(…, from_version=1)."
    ]


def test_a_field_that_older_workers_need_may_not_go_in_one_deploy() -> None:
    was = published(add={"shelf": ({"type": "string"}, "A3")}, require=["shelf"])

    [_, forward] = findings(Packed, [was])

    assert str(forward) == (
        "contracts.packed v1: shelf: required: it is required, and not always written "
        "(FORWARD, against contracts.packed.v1). "
        "Workers of the release before could not read it during a deploy: deploy a class that reads both "
        "first, or raise it to version=2, which older workers leave to newer ones."
    )


def test_a_field_that_may_be_any_text_now_breaks_older_workers_only() -> None:
    narrower = {"type": "string", "format": "uuid"}

    assert said(Packed, published(add={"note": (narrower, "")})) == [("", "unrecorded"), ("note", "format")]


def test_every_revision_of_the_log_counts_and_only_the_last_deploy() -> None:
    first = published(add={"note": ({"type": "integer"}, "7")})
    second = replace(published(drop=["note"]), revision=2)
    third = replace(PACKED, revision=3)

    assert said(Packed, first, second, third) == [("note", "type")]
    assert said(Packed, *(replace(one, modes=("BACKWARD",)) for one in (first, second, third))) == []
    assert said(Packed, *(replace(one, modes=("FULL_TRANSITIVE",)) for one in (first, second, third))) == [
        ("note", "type"),
        ("note", "type"),
    ]
    assert said(Packed, *(replace(one, modes=("NONE",)) for one in (first, second, third))) == []


def test_another_key_is_another_history() -> None:
    assert said(Packed, replace(PACKED, key="order_id")) == [("", "key")]


def test_a_command_does_not_become_an_event() -> None:
    assert said(Packed, replace(PACKED, kind="command")) == [("", "kind")]


def test_versions_only_grow() -> None:
    assert said(Packed, PACKED, replace(PACKED, version=2)) == [("", "version")]


V1 = replace(
    contract_of(Sealed),
    version=1,
    schema={
        "type": "object",
        "properties": {"parcel_id": {"type": "string", "format": "uuid"}, "kilograms": {"type": "integer"}},
        "required": ["parcel_id", "kilograms"],
    },
    sample={"parcel_id": "00000000-0000-4000-8000-000000000001", "kilograms": 2},
)


def test_a_chain_of_upcasters_leads_over_a_gap_of_versions() -> None:
    assert said(Sealed, V1, contract_of(Sealed)) == []


def test_a_missing_step_of_the_chain_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from eventbus import registry  # noqa: PLC0415

    monkeypatch.delitem(registry._upcasters, ("contracts.sealed", 2))

    [finding] = findings(Sealed, [V1, contract_of(Sealed)])

    assert str(finding) == (
        "contracts.sealed v1: upcaster: contracts.sealed has no upcaster from version 2: "
        "declare @upcast(Sealed, from_version=2). Every step of the chain is needed."
    )


def test_a_chain_that_ends_in_another_shape_is_named() -> None:
    wrong = replace(V1, sample={"parcel_id": "x", "kilograms": 2})

    [finding] = findings(Sealed, [wrong, contract_of(Sealed)])

    assert (finding.version, finding.rule) == (1, "unreadable")
    assert finding.remedy == "Correct the upcasters of Sealed from version 1 on."


def test_a_contract_is_read_as_it_was_written_and_never_written_over(tmp_path: Path) -> None:
    file = write(PACKED, tmp_path)

    assert file.name == "contracts.packed.v1.json"
    assert stored(tmp_path) == [PACKED]
    with pytest.raises(FileExistsError):
        write(PACKED, tmp_path)


def test_a_compatible_change_is_recorded_as_the_next_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "folder_of", lambda cls: tmp_path)
    write(published(drop=["note"]), tmp_path)

    assert checking.record([Packed]) == ["contracts.packed.v1.2.json"]
    assert checking.record([Packed]) == []
    assert [(old.revision, old.sample) for old in stored(tmp_path)][1] == (2, PACKED.sample)


def test_a_change_that_breaks_something_is_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "folder_of", lambda cls: tmp_path)
    write(published(add={"note": ({"type": "integer"}, 7)}), tmp_path)

    assert checking.record([Packed]) == []


def test_a_message_that_lost_its_class_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "folder_of", lambda cls: tmp_path)
    monkeypatch.setattr(checking, "published_classes", lambda: [Packed])
    for contract in (PACKED, replace(PACKED, type="contracts.gone")):
        files.write(contract, tmp_path)

    assert [str(finding) for finding in checking.check()] == [
        "contracts.gone v1: removed: no class has this name any more. "
        "The log may hold it for ever: keep a class of this name, even if nothing publishes it."
    ]
