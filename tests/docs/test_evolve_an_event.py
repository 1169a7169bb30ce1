"""docs/evolve-an-event.md: what it shows of the code stands there, and its other blocks run."""

import shlex
from unittest.mock import patch
from uuid import UUID

import pytest
from django.core.management import call_command
from msgspec.structs import replace

from eventbus import registry
from eventbus.contracts.checking import findings
from eventbus.contracts.files import Contract, folder_of, stored
from orders.events import CancellationRequested, Requester
from tests.docs.examples import ROOT, Example, blocks

BLOCKS = blocks("docs/evolve-an-event.md", "python")
SHOWN = [block for block in BLOCKS if block.code.startswith("# ")]
COMMANDS = [
    line.removeprefix("manage.py ")
    for block in blocks("docs/evolve-an-event.md", "sh")
    for line in block.code.splitlines()
]


@pytest.mark.parametrize("block", SHOWN, ids=str)
def test_code_that_is_shown_is_the_shops(block: Example) -> None:
    where, _, code = block.code.partition("\n")

    assert code.strip() in (ROOT / where.removeprefix("# ")).read_text()


@pytest.mark.parametrize("block", [block for block in BLOCKS if block not in SHOWN], ids=str)
def test_a_block_runs(block: Example) -> None:
    names = {
        "ORDER": UUID(int=7),
        "Requester": Requester,
        "decode": registry.decode,
        "verdict_without": verdict_without,
    }
    exec(compile(block.code, block.where, "exec"), names)


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str) -> None:
    before = {file: file.read_text() for file in (ROOT / "docs" / "events").iterdir()}

    call_command(*shlex.split(command))

    assert {file: file.read_text() for file in before} == before


def verdict_without(*, version: int = 0, upcaster: int = 0) -> str:
    """What the judge says where the version was not raised, or the upcaster was forgotten."""
    old = [one for one in stored(folder_of(CancellationRequested)) if one.type == _NAME]
    if upcaster:
        with patch.dict(registry._upcasters):
            del registry._upcasters[_NAME, upcaster]
            return _said(CancellationRequested, old)
    contract = CancellationRequested.contract
    with patch.object(CancellationRequested, "contract", replace(contract, version=version - 1)):
        return _said(CancellationRequested, [one for one in old if one.version < version])


def _said(cls: type[CancellationRequested], old: list[Contract]) -> str:
    return "\n".join(map(str, findings(cls, old)))


_NAME = CancellationRequested.contract.name
