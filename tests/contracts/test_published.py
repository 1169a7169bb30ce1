"""Every message that the shop has ever published has a contract, and is read by today's classes."""

import json
from typing import Any

import jsonschema
import pytest
from django.core.management import call_command

from eventbus.contracts.checking import check
from eventbus.contracts.files import Contract, folder_of, published_classes, stored
from eventbus.contracts.rules import breaches
from eventbus.contracts.schemas import example, schema_of
from eventbus.messages import Message
from eventbus.registry import decode, encode

CLASSES = published_classes()
FOLDERS = sorted({folder_of(cls) for cls in CLASSES})
CONTRACTS = [contract for folder in FOLDERS for contract in stored(folder)]
NEWEST = {contract.type: contract for contract in CONTRACTS}


def test_every_contract_is_kept() -> None:
    assert [str(finding) for finding in check()] == []


def test_every_room_that_speaks_has_contracts() -> None:
    speakers = sorted(folder.parent.name for folder in FOLDERS)

    assert speakers == ["accounts", "catalog", "inventory", "orders", "payments"]
    assert len(NEWEST) == len(CLASSES) >= 58


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.title)
def test_a_golden_sample_is_read_by_todays_class(contract: Contract) -> None:
    message = decode(contract.type, contract.version, json.dumps(contract.sample))

    assert message.contract.name == contract.type
    assert str(message.key_value) in contract.sample.values()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.title)
def test_the_least_that_was_ever_written_is_read_too(contract: Contract) -> None:
    least = example(contract.schema, everything=False)

    assert decode(contract.type, contract.version, json.dumps(least)).contract.name == contract.type


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.contract.name)
def test_a_golden_sample_of_today_is_written_as_it_was_read(cls: type[Message]) -> None:
    contract = NEWEST[cls.contract.name]

    message = decode(contract.type, contract.version, json.dumps(contract.sample))

    assert json.loads(encode(message)) == contract.sample


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.contract.name)
def test_a_schema_lets_in_what_it_lets_be_written(cls: type[Message]) -> None:
    assert breaches(schema_of(cls), schema_of(cls)) == []


def test_the_command_says_that_all_is_well(capsys: Any) -> None:
    call_command("check_event_schemas")

    assert capsys.readouterr().out == f"{len(CLASSES)} messages keep their contracts.\n"


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.title)
def test_a_golden_sample_is_valid_by_its_schema(contract: Contract) -> None:
    validator = jsonschema.Draft202012Validator(contract.schema)

    validator.validate(contract.sample)
    validator.validate(example(contract.schema, everything=False))
    assert not validator.is_valid({})
