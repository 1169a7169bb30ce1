"""From a message's name on the wire to its class, and from an old version's data to today's shape."""

from collections.abc import Callable
from typing import Any

import msgspec

from eventbus.errors import DefinitionError, UnknownMessage
from eventbus.messages import Message

Json = dict[str, Any]
"""A message's fields as they were stored: what an upcaster takes and gives.

Example:

    def add_currency(data: Json) -> Json:
        return data | {"currency": "GBP"}
"""

Upcaster = Callable[[Json], Json]

_classes: dict[str, type[Message]] = {}
_decoders: dict[str, msgspec.json.Decoder[Any]] = {}
_upcasters: dict[tuple[str, int], Upcaster] = {}
_encoder = msgspec.json.Encoder()


def register(cls: type[Message]) -> None:
    """Make a message class known by its wire name; two classes with one name are refused."""
    other = _classes.get(cls.contract.name)
    if other and (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
        raise DefinitionError(
            f"{cls.__module__}.{cls.__qualname__} is named {cls.contract.name!r} on the wire, and so is "
            f"{other.__module__}.{other.__qualname__}. Give one of them another name."
        )
    _classes[cls.contract.name] = cls
    _decoders.pop(cls.contract.name, None)


def message_classes() -> list[type[Message]]:
    """Every known message class, by wire name."""
    return [_classes[name] for name in sorted(_classes)]


def upcast(cls: type[Message], *, from_version: int) -> Callable[[Upcaster], Upcaster]:
    """Declare the step that turns the data of one version of `cls` into the next version's.

    from_version: the version that the step starts from; where it has no next one, DefinitionError is raised.

    Example:

        class OrderPriced(Event, name="orders.order_priced", version=2, key="order_id"):
            order_id: UUID
            currency: str

        @upcast(OrderPriced, from_version=1)
        def add_currency(data: Json) -> Json:
            return data | {"currency": "GBP"}
    """
    if not 1 <= from_version < cls.contract.version:
        raise DefinitionError(
            f"{cls.__name__} is at version {cls.contract.version}: an upcaster from version {from_version} "
            f"has no next version to lead to. Raise the class's version, or correct from_version."
        )

    def declare(step: Upcaster) -> Upcaster:
        _upcasters[cls.contract.name, from_version] = step
        return step

    return declare


def encode(message: Message) -> str:
    """The message's fields as JSON text."""
    return _encoder.encode(message).decode()


def decode(name: str, version: int, data: str) -> Message:
    """The message that JSON text `data` of type `name` and `version` holds, in today's shape.

    Raises UnknownMessage where this process has no class for it, and whatever msgspec or an upcaster raises
    where the data is none of its class.
    """
    cls = _classes.get(name)
    if cls is None or version > cls.contract.version:
        known = "no such message" if cls is None else f"version {cls.contract.version} at the newest"
        raise UnknownMessage(f"{name} version {version}: this process knows {known}. Deploy the newer code.")
    if version == cls.contract.version:
        return _decoder(cls).decode(data)  # type: ignore[no-any-return]
    return msgspec.convert(_upcasted(cls, version, msgspec.json.decode(data)), cls)


def _decoder(cls: type[Message]) -> msgspec.json.Decoder[Any]:
    name = cls.contract.name
    if name not in _decoders:
        _decoders[name] = msgspec.json.Decoder(cls)
    return _decoders[name]


def _upcasted(cls: type[Message], version: int, data: Json) -> Json:
    for step in range(version, cls.contract.version):
        upcaster = _upcasters.get((cls.contract.name, step))
        if upcaster is None:
            raise UnknownMessage(
                f"{cls.contract.name} has no upcaster from version {step}: "
                f"declare @upcast({cls.__name__}, from_version={step})."
            )
        data = upcaster(data)
    return data
