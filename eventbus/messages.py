"""Messages: typed, frozen, keyword-only data with a name on the wire.

    class OrderPlaced(Event, name="orders.order_placed", version=2, key="order_id"):
        order_id: UUID
        total: Money

`name` is written out and never derived, so that renaming a class or a module leaves the log readable.
`key` names the field that orders and correlates: messages with one key value share one stream
(`order_id` gives `order-<uuid>`) and reach every subscription in order. Two messages are equal when
their fields are; what the bus knows about a message stays in its `Envelope`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal, dataclass_transform
from uuid import UUID

import msgspec
from msgspec import Struct, StructMeta

from eventbus.errors import DefinitionError

Kind = Literal["event", "command"]
BACKDATED = "backdated"


class Contract(Struct, frozen=True):
    """What a message class promises on the wire."""

    kind: Kind
    name: str
    version: int
    key: str

    @property
    def stream_prefix(self) -> str:
        """The part of the stream's name that stands before the key's value."""
        return self.key.removesuffix("_id") + "-"


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class MessageMeta(StructMeta):
    """Takes a message's contract as class keywords."""

    def __new__(
        mcls,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str = "",
        version: int = 1,
        key: str = "",
        **config: Any,
    ) -> Any:
        cls = super().__new__(mcls, class_name, bases, namespace, frozen=True, kw_only=True, **config)
        if name:
            _declare(cls, name, version, key)
        return cls


def _declare(cls: Any, name: str, version: int, key: str) -> None:
    from eventbus.registry import register  # noqa: PLC0415  (the registry's types need this module)

    if key not in cls.__struct_fields__:
        raise DefinitionError(f"{cls.__module__}.{cls.__name__}: key={key!r} is none of its fields.")
    if version < 1:
        raise DefinitionError(f"{cls.__module__}.{cls.__name__}: version={version}; versions start at 1.")
    cls.contract = Contract(kind=cls.kind, name=name, version=version, key=key)
    register(cls)


class Message(Struct, metaclass=MessageMeta):
    """What an event and a command have in common."""

    contract: ClassVar[Contract]
    kind: ClassVar[Kind]

    @property
    def key_value(self) -> Any:
        """The value of the field that orders and correlates."""
        return getattr(self, self.contract.key)

    @property
    def stream(self) -> str:
        """The ordering key: messages of one stream are delivered in order."""
        return f"{self.contract.stream_prefix}{self.key_value}"


class Event(Message):
    """A fact: something has happened. Any number of subscriptions may listen.

    Class keywords: name (on the wire, written out), key (the field that orders and correlates), version (from
    1; default 1). A key that is no field, or a name that another class has, raises DefinitionError.

    Example:

        class OrderShipped(Event, name="orders.order_shipped", version=1, key="order_id"):
            order_id: UUID

        assert OrderShipped(order_id=ORDER) == OrderShipped(order_id=ORDER)
        assert OrderShipped(order_id=ORDER).stream == f"order-{ORDER}"
    """

    kind: ClassVar[Kind] = "event"


class Command(Message):
    """A request: something should happen. Exactly one handler answers it.

    Class keywords (name, key, version), and what they raise, as for Event.

    Example:

        class ShipOrder(Command, name="orders.ship_order", key="order_id"):
            order_id: UUID

        @handles
        def ship_order(command: ShipOrder) -> None: ...
    """

    kind: ClassVar[Kind] = "command"


class Envelope(Struct, frozen=True):
    """A message as the log holds it: the message itself and everything the bus knows about it.

    `id` is the same at every delivery: an idempotency key towards the outside world.

    Example:

        @subscribe
        def note_cause(event: StockReserved, envelope: Envelope) -> None:
            print(envelope.id, envelope.stream, envelope.occurred_at, envelope.causation_id)
    """

    message: Message
    position: int
    id: UUID
    stream: str
    revision: int | None
    correlation_id: UUID
    causation_id: UUID | None
    occurred_at: datetime
    headers: Mapping[str, Any]

    def with_headers(self, **headers: str) -> "Envelope":
        """The same, with more headers: what is published while it is handled inherits them."""
        return msgspec.structs.replace(self, headers={**self.headers, **headers})

    @property
    def type(self) -> str:
        """The message's name on the wire, also of one that this process cannot read."""
        contract: Contract | None = getattr(self.message, "contract", None)
        return contract.name if contract else str(getattr(self.message, "name", ""))

    @property
    def backdated(self) -> bool:
        """Whether it tells of imported history: nobody should be written to about it."""
        return bool(self.headers.get(BACKDATED))
