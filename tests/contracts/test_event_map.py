"""The map of messages is the code's own: complete, exact, and the same as the committed copies."""

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command

from eventbus.contracts import mapping
from eventbus.contracts.asyncapi import asyncapi
from eventbus.contracts.files import published_classes
from eventbus.contracts.mapping import Heard, Speaker, event_map
from eventbus.management.commands.event_map import COMMITTED
from eventbus.stories import commands_sent_by
from eventbus.subscriptions import subscriptions
from inventory.events import StockReserved

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED_SCHEMA = Path(__file__).with_name("asyncapi-3.0.0.schema.json.gz")
HEARD = event_map()
MAP = {one.type: one for one in HEARD}


def names(speakers: tuple[Speaker, ...]) -> list[str]:
    return [speaker.name for speaker in speakers]


def test_every_message_is_said_by_somebody() -> None:
    assert len(HEARD) == len(published_classes())
    assert [one.type for one in HEARD if not one.publishers] == []


def test_every_command_is_heard_by_one_handler_of_its_name() -> None:
    commands = [one for one in HEARD if one.kind == "command"]

    assert {one.type: names(one.consumers) for one in commands} == {one.type: [one.type] for one in commands}


def test_what_the_map_says_of_a_saga_is_what_the_saga_can_send() -> None:
    for saga in (s for s in subscriptions() if s.name == "orders.checkout"):
        drawn = {one.type for one in HEARD if one.kind == "command" and saga.name in names(one.publishers)}

        assert drawn == {cls.contract.name for cls in commands_sent_by(saga.consumer)}
        assert {one.type for one in HEARD if saga.name in names(one.consumers)} == set(saga.types)


def test_an_event_is_drawn_from_the_service_that_publishes_it_to_all_who_listen() -> None:
    assert MAP["inventory.stock_reserved"] == Heard(
        type="inventory.stock_reserved",
        version=1,
        kind="event",
        key="order_id",
        room="inventory",
        summary="All that the order wants is held for it; one line per SKU, in SKU order.",
        publishers=(Speaker("inventory.services.holding", "code", "inventory"),),
        consumers=(
            Speaker("catalog.catalog_listing", "projection", "catalog"),
            Speaker("orders.checkout", "saga", "orders"),
        ),
    )


def test_what_a_helper_makes_is_said_by_the_handlers_that_use_it() -> None:
    said_by = names(MAP["orders.send_mail"].publishers)

    assert {"orders.ask_for_confirmation", "orders.ask_for_refund_note"} <= set(said_by)
    assert {speaker.role for speaker in MAP["orders.send_mail"].publishers} == {"handler"}


def test_a_message_is_found_however_its_class_was_imported(tmp_path: Path) -> None:
    file = tmp_path / "sample.py"
    file.write_text(
        "from inventory import events\n"
        "from inventory.events import StockReserved as Held\n"
        "def direct(): return Held(order_id=1)\n"
        "def by_module(): return events.StockReserved(order_id=1)\n"
        "def annotated(event: Held) -> Held: return event\n"
        "def outer(): return direct()\n"
    )

    found = list(mapping._made_in(file, {("inventory.events", "StockReserved"): StockReserved}))

    assert found == [({"direct", "outer"}, StockReserved), ({"by_module"}, StockReserved)]


@pytest.mark.parametrize("name", sorted(COMMITTED))
def test_the_committed_copy_is_what_the_code_says(name: str) -> None:
    committed = (ROOT / "docs" / "events" / name).read_text()

    assert committed == COMMITTED[name](HEARD), "Run manage.py event_map --write and commit what it writes."


def _published_schema() -> Any:
    return json.loads(gzip.decompress(PUBLISHED_SCHEMA.read_bytes()))


def test_the_asyncapi_document_is_valid_by_its_own_schema() -> None:
    jsonschema.Draft7Validator(_published_schema()).validate(asyncapi(HEARD))


def test_a_wrong_asyncapi_document_would_be_refused() -> None:
    document = asyncapi(HEARD)
    document["operations"]["orders.checkout.send.order_id"]["action"] = "publish"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(_published_schema()).validate(document)


def test_every_pointer_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi(HEARD)
    pointers = set(_pointers(document))

    assert len(pointers) > len(HEARD)
    for pointer in pointers:
        target = document
        for step in pointer.removeprefix("#/").split("/"):
            target = target[step]


def _pointers(part: Any) -> Any:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _pointers(value)
    elif isinstance(part, list):
        for value in part:
            yield from _pointers(value)


@pytest.mark.parametrize(
    ("_case", "start"),
    [
        ("mermaid", "flowchart LR\n"),
        ("html", "<!doctype html>"),
        ("asyncapi", '{\n  "asyncapi": "3.0.0"'),
        ("json", '[\n  {\n    "type": "accounts.send_asked_mail"'),
    ],
)
def test_the_command_prints_each_format(_case: str, start: str, capsys: Any) -> None:
    call_command("event_map", format=_case)

    printed = capsys.readouterr().out
    assert printed.startswith(start)
    assert "stock_reserved" in printed
