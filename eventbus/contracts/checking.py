"""Whether today's message classes keep every contract that was published.

Two promises are checked by default. BACKWARD_TRANSITIVE: today's class reads all that any earlier revision of
its version wrote (a replay reads the whole log), and its upcasters all that earlier versions wrote. FORWARD:
the release before reads what today's class writes, for as long as a deploy has both running.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import MsgspecError, Struct

from eventbus.contracts.files import Contract, contract_of, folder_of, published_classes, stored, write
from eventbus.contracts.rules import breaches
from eventbus.contracts.schemas import closed, example
from eventbus.errors import UnknownMessage
from eventbus.messages import Message
from eventbus.registry import decode

MODES = (
    "NONE",
    "BACKWARD",
    "BACKWARD_TRANSITIVE",
    "FORWARD",
    "FORWARD_TRANSITIVE",
    "FULL",
    "FULL_TRANSITIVE",
)
Direction = Literal["BACKWARD", "FORWARD"]


class Finding(Struct, frozen=True, kw_only=True):
    """A contract that is not kept: whose, where in it, by what rule, and what to do."""

    type: str
    version: int
    field: str
    rule: str
    says: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{self.type} v{self.version}: {where}{self.rule}: {self.says}. {self.remedy}"


def check(classes: Sequence[type[Message]] | None = None) -> list[Finding]:
    """Every contract that is not kept. classes: of these only; by default of all in the project."""
    return [finding for cls, old in _with_contracts(classes) for finding in findings(cls, old)] + (
        [] if classes else list(_orphans())
    )


def record(classes: Sequence[type[Message]] | None = None) -> list[str]:
    """Write the contracts that are missing and break nothing; returns the names of the files written."""
    written = []
    for cls, old in _with_contracts(classes):
        if {finding.rule for finding in findings(cls, old)} == {"unrecorded"}:
            written.append(write(contract_of(cls, old), folder_of(cls)).name)
    return written


def findings(cls: type[Message], old: Sequence[Contract]) -> Iterator[Finding]:
    """What `cls` does not keep of the contracts that were published under its name, oldest first."""
    current = contract_of(cls, old)
    of_version = [contract for contract in old if contract.version == current.version]
    yield from _identity(current, old)
    yield from _upcasting(cls, old)
    before = of_version
    if old and old[-1].version > current.version:
        newest = old[-1]
        yield _finding(
            current, "", "version", f"version {newest.version} was published", _never_back(cls, newest)
        )
    elif of_version and of_version[-1].schema == current.schema:
        before = of_version[:-1]
    else:
        yield _finding(current, "", "unrecorded", "this shape is not committed yet", _RECORD)
    yield from _revisions(current, before)


def _with_contracts(
    classes: Sequence[type[Message]] | None,
) -> Iterator[tuple[type[Message], list[Contract]]]:
    chosen = published_classes() if classes is None else classes
    shelves = {folder: stored(folder) for folder in {folder_of(cls) for cls in chosen}}
    for cls in chosen:
        yield cls, [old for old in shelves[folder_of(cls)] if old.type == cls.contract.name]


def _orphans() -> Iterator[Finding]:
    known = {cls.contract.name for cls in published_classes()}
    folders = {folder_of(cls) for cls in published_classes()}
    for contract in (contract for folder in sorted(folders) for contract in stored(folder)):
        if contract.type not in known:
            yield _finding(
                contract,
                "",
                "removed",
                "no class has this name any more",
                "The log may hold it for ever: keep a class of this name, even if nothing publishes it.",
            )


def _identity(current: Contract, old: Sequence[Contract]) -> Iterator[Finding]:
    for contract in old[-1:]:
        if contract.key != current.key:
            yield _finding(
                current,
                "",
                "key",
                f"it was ordered by {contract.key}, and is by {current.key}",
                "Two streams would share one history: publish a message of another name instead.",
            )
        if contract.kind != current.kind:
            yield _finding(
                current,
                "",
                "kind",
                f"it was a {contract.kind}, and is a {current.kind}",
                "Those who hear it are found by kind: publish a message of another name instead.",
            )


def _revisions(current: Contract, before: Sequence[Contract]) -> Iterator[Finding]:
    for direction in ("BACKWARD", "FORWARD"):
        if not any(mode.startswith((direction, "FULL")) for mode in current.modes):
            continue
        transitive = any(
            mode.endswith("TRANSITIVE") and mode.startswith((direction, "FULL")) for mode in current.modes
        )
        seen = set()
        for contract in reversed(before if transitive else before[-1:]):
            backward = direction == "BACKWARD"
            writer, reader = (contract, current) if backward else (current, contract)
            for breach in breaches(closed(writer.schema), reader.schema):
                if breach not in seen:
                    seen.add(breach)
                    says = f"{breach.says} ({direction}, against {contract.title})"
                    remedy = _backward(current) if backward else _forward(current)
                    yield _finding(current, breach.path, breach.rule, says, remedy)


def _upcasting(cls: type[Message], old: Sequence[Contract]) -> Iterator[Finding]:
    for contract in old:
        samples = {
            "golden sample": contract.sample,
            "least message": example(contract.schema, everything=False),
        }
        for name, sample in samples.items():
            try:
                decode(contract.type, contract.version, json.dumps(sample))
            except UnknownMessage as missing:
                if contract.version < cls.contract.version:
                    yield _finding(
                        contract, "", "upcaster", str(missing), "Every step of the chain is needed."
                    )
                break
            except (MsgspecError, KeyError, TypeError, ValueError, AttributeError) as refusal:
                yield _finding(
                    contract,
                    "",
                    "unreadable",
                    f"its {name} is not read: {refusal!r}",
                    _readable(cls, contract),
                )
                break


_RECORD = "Run manage.py check_event_schemas --write and commit what it writes."


def _readable(cls: type[Message], contract: Contract) -> str:
    if contract.version < cls.contract.version:
        return f"Correct the upcasters of {cls.__name__} from version {contract.version} on."
    newer = cls.contract.version + 1
    return f"Take the change back, or raise {cls.__name__} to version {newer} with an upcaster."


def _never_back(cls: type[Message], newest: Contract) -> str:
    return f"Versions only grow: declare {cls.__name__} with version={newest.version} or more."


def _backward(current: Contract) -> str:
    version = current.version
    return (
        "The log holds messages that could not be read any more: give a new field a default, or raise the "
        f"class to version={version + 1} with @upcast(…, from_version={version})."
    )


def _forward(current: Contract) -> str:
    return (
        "Workers of the release before could not read it during a deploy: deploy a class that reads both "
        f"first, or raise it to version={current.version + 1}, which older workers leave to newer ones."
    )


def _finding(contract: Contract, field: str, rule: str, says: str, remedy: str) -> Finding:
    return Finding(
        type=contract.type,
        version=contract.version,
        field=field,
        rule=rule,
        says=says.rstrip("."),
        remedy=remedy,
    )
