"""Contracts as they are committed: `<room>/contracts/<type>.v<version>.json`, a golden sample beside each.

A file is never changed. What a version says anew without breaking anything, such as one more field with a
default, becomes its next revision: `<type>.v1.2.json`. So everything that was ever written is described.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import apps
from msgspec import Struct

from eventbus.contracts.schemas import example, schema_of
from eventbus.messages import Message
from eventbus.registry import Json, message_classes

DEFAULT_MODES = ("BACKWARD_TRANSITIVE", "FORWARD")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = re.compile(r"^(?P<type>.+)\.v(?P<version>\d+)(\.(?P<revision>\d+))?\.json$")


class Contract(Struct, frozen=True, kw_only=True):
    """One revision of one version of a message, as it was published."""

    type: str
    version: int
    revision: int
    kind: str
    key: str
    modes: tuple[str, ...]
    schema: Json
    sample: Json

    @property
    def title(self) -> str:
        """Its file's name without the ending."""
        return f"{self.type}.v{self.version}{f'.{self.revision}' if self.revision > 1 else ''}"


def published_classes() -> list[type[Message]]:
    """The message classes of the project's apps, by wire name."""
    return [cls for cls in message_classes() if apps.get_containing_app_config(cls.__module__)]


def folder_of(cls: type[Message]) -> Path:
    """Where the contracts of a message class are kept: in the room that declares it."""
    config = apps.get_containing_app_config(cls.__module__)
    if config is None:
        raise LookupError(f"{cls.__module__}.{cls.__qualname__} belongs to no app in INSTALLED_APPS.")
    return Path(config.path) / "contracts"


def stored(folder: Path) -> list[Contract]:
    """Every contract in a folder, by type, version and revision."""
    found = [_read(file) for file in folder.glob("*.json") if not file.name.endswith(".sample.json")]
    return sorted(found, key=lambda contract: (contract.type, contract.version, contract.revision))


def _read(file: Path) -> Contract:
    named = _NAME.match(file.name)
    if named is None:
        raise ValueError(
            f"{file}: a contract is named <type>.v<version>.json or <type>.v<version>.<revision>.json."
        )
    schema = json.loads(file.read_text())
    about = schema.pop("x-message")
    schema.pop("$schema")
    return Contract(
        type=named["type"],
        version=int(named["version"]),
        revision=int(named["revision"] or 1),
        kind=about["kind"],
        key=about["key"],
        modes=tuple(about["compatibility"]),
        schema=schema,
        sample=json.loads(file.with_suffix(".sample.json").read_text()),
    )


def contract_of(cls: type[Message], before: Sequence[Contract] = ()) -> Contract:
    """The contract that a class makes today, as the next revision after those `before` of its version."""
    schema = schema_of(cls)
    same_version = [old.revision for old in before if old.version == cls.contract.version]
    return Contract(
        type=cls.contract.name,
        version=cls.contract.version,
        revision=max(same_version, default=0) + 1,
        kind=cls.contract.kind,
        key=cls.contract.key,
        modes=before[-1].modes if before else DEFAULT_MODES,
        schema=schema,
        sample=example(schema),
    )


def write(contract: Contract, folder: Path) -> Path:
    """Put a contract and its golden sample into a folder; refuses to change one that is there."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{contract.title}.json"
    about = {"kind": contract.kind, "key": contract.key, "compatibility": list(contract.modes)}
    with file.open("x") as opened:
        opened.write(_text({"$schema": _DIALECT, "x-message": about, **contract.schema}))
    file.with_suffix(".sample.json").write_text(_text(contract.sample))
    return file


def _text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
