"""Who listens to what. The annotation of a handler's parameter is its subscription, said once.

    @subscribe
    def note_sale(event: OrderConfirmed) -> None: ...          # any number of listeners per event

    @handles
    def reserve_stock(command: ReserveStock) -> None: ...      # exactly one handler per command

    @handles(external=True)
    def capture_payment(command: CapturePayment) -> Record:    # calls out; never inside a transaction
        charge = gateway.charge(...)
        return lambda: services.record_capture(charge)         # runs where the delivery is settled

A handler may take the message's `Envelope` as a second parameter.
"""

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar, overload

from msgspec import Struct

from eventbus.errors import DefinitionError
from eventbus.messages import Command, Envelope, Event, Message

Record = Callable[[], None]
"""What an external handler returns: run in the transaction that settles its delivery, or not at all.

Example:

    @handles(external=True, dependency="card processor")
    def capture_payment(command: CapturePayment, envelope: Envelope) -> Record:
        receipt = gateway.charge(order_id=command.order_id, key=envelope.id)
        return lambda: receipts.append(receipt)

    with transaction.atomic():
        send(CapturePayment(order_id=ORDER))
    drain()
    assert receipts == [f"receipt-{ORDER}"]
"""

Function = TypeVar("Function", bound=Callable[..., Any])
Queue = Literal["projections", "sagas", "handlers", "external", "bridge"]

DEFAULT_ATTEMPTS = 8
DEFAULT_LEASE_SECONDS = 60.0


class Call(Struct, frozen=True):
    """A function and the message classes its parameter is annotated with."""

    function: Callable[..., Any]
    accepts: tuple[type[Message], ...]
    wants_envelope: bool


class Subscription(Struct, frozen=True, kw_only=True):
    """One named listener. `consumer` is a function (handlers), or a projection or saga class."""

    name: str
    queue: Queue
    accepts: tuple[type[Message], ...]
    consumer: Any
    from_start: bool
    version: int = 1
    shards: int = 1
    batch: int = 500
    ordered: bool = True
    attempts: int = DEFAULT_ATTEMPTS
    lease_seconds: float = DEFAULT_LEASE_SECONDS
    dependency: str = ""

    @property
    def types(self) -> list[str]:
        """The wire names it listens to."""
        return [cls.contract.name for cls in self.accepts]

    @property
    def external(self) -> bool:
        """Whether it calls out over a network."""
        return self.queue in ("external", "bridge")

    @property
    def lanes(self) -> list[tuple[str, int]]:
        """Its (name, shard) pairs: the units of ordered work."""
        return [(self.name, shard) for shard in range(self.shards)]


_subscriptions: dict[str, Subscription] = {}


def subscriptions() -> list[Subscription]:
    """Every subscription of the project, by name."""
    return [_subscriptions[name] for name in sorted(_subscriptions)]


def subscription(name: str) -> Subscription:
    """The subscription of that name; LookupError where this process has none."""
    return _subscriptions[name]


def register(new: Subscription) -> None:
    """Make a subscription known; two of one name are refused."""
    old = _subscriptions.get(new.name)
    if old and _home(old.consumer) != _home(new.consumer):
        raise DefinitionError(
            f"{_home(new.consumer)} is named {new.name!r}, and so is {_home(old.consumer)}. "
            f"Give one of them another name=."
        )
    _subscriptions[new.name] = new


def _home(consumer: Any) -> str:
    return f"{consumer.__module__}.{consumer.__qualname__}"


@overload
def subscribe(function: Function) -> Function: ...
@overload
def subscribe(**options: Any) -> Callable[[Function], Function]: ...
def subscribe(function: Any = None, **options: Any) -> Any:
    """Listen to events.

    Options: name (default `<app>.<function>`), external (False), ordered (True: a failing message holds back
    its own stream), attempts (8), lease_seconds (60; external only), shards (1), dependency (external only:
    whom it calls, as in DependencyDown; those who call the same share a breaker; default its own name).
    A parameter without an event's annotation, or a name that another listener has, raises DefinitionError.

    Example:

        @subscribe(attempts=3)
        def count_order(event: OrderPlaced) -> None:
            counted.append(event.order_id)

        drain()  # a new listener hears what is published from here on
        place_order(order_id=ORDER, total=4200)
        drain()
        assert counted == [ORDER]
    """
    return _declared(function, Event, options)


@overload
def handles(function: Function) -> Function: ...
@overload
def handles(**options: Any) -> Callable[[Function], Function]: ...
def handles(function: Any = None, **options: Any) -> Any:
    """Answer a command: its one handler. Options as for `subscribe`; the name is the command's wire name.

    A second handler for a command, or one function for several, raises DefinitionError.

    Example:

        @handles
        def hold_goods(command: ReserveStock) -> None:
            reserve_stock(order_id=command.order_id)

        with transaction.atomic():
            send(ReserveStock(order_id=ORDER))
        with published() as messages:
            drain()
        assert messages == [StockReserved(order_id=ORDER, lines=LINES)]
    """
    return _declared(function, Command, options)


def _declared(function: Any, kind: type[Message], options: dict[str, Any]) -> Any:
    if function is None:
        return lambda function: _declared(function, kind, options)
    call = inspect_call(function, kind)
    if kind is Command and len(call.accepts) > 1:
        raise DefinitionError(f"{_home(function)} handles several commands; give each a handler of its own.")
    name = call.accepts[0].contract.name if kind is Command else _default_name(function)
    external = options.pop("external", False)
    if "dependency" in options and not external:
        raise DefinitionError(f"{_home(function)} names a dependency; only an external handler calls out.")
    name = options.pop("name", name)
    register(
        Subscription(
            name=name,
            dependency=options.pop("dependency", name) if external else "",
            queue="external" if external else "handlers",
            accepts=call.accepts,
            consumer=function,
            from_start=kind is Command,
            **options,
        )
    )
    function.call = call
    return function


def _default_name(function: Callable[..., Any]) -> str:
    return f"{function.__module__.split('.')[0]}.{function.__name__}"


def inspect_call(function: Callable[..., Any], kind: type[Message], skip: int = 0) -> Call:
    """Read from a function's annotations which messages of `kind` it takes, after `skip` parameters."""
    parameters = list(inspect.signature(function).parameters)[skip:]
    hints = typing.get_type_hints(function)
    first = parameters[0] if parameters else "…"
    accepts = tuple(_classes_in(hints.get(first)))
    if not accepts or not all(isinstance(cls, type) and issubclass(cls, kind) for cls in accepts):
        noun = kind.__name__.lower()
        raise DefinitionError(
            f"{_home(function)}: annotate {first!r} with the {noun} it handles; it says {hints.get(first)}."
        )
    return Call(function, accepts, Envelope in [hints.get(name) for name in parameters[1:]])


def _classes_in(hint: Any) -> Iterable[Any]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return typing.get_args(hint)
    return () if hint is None else (hint,)


def calls_of(
    cls: type, kind: type[Message], skip: int, mark: str = "handles_message"
) -> dict[type[Message], Call]:
    """The methods of `cls` marked with @on (or that `mark`), by the message class they take."""
    calls: dict[type[Message], Call] = {}
    for value in vars(cls).values():
        if not getattr(value, mark, False):
            continue
        call = inspect_call(value, kind, skip)
        for accepted in call.accepts:
            if accepted in calls:
                raise DefinitionError(f"{_home(cls)} has two methods for {accepted.__name__}; keep one.")
            calls[accepted] = call
    return calls


def on(function: Function) -> Function:
    """Mark a method of a projection or saga as the one for the event its parameter is annotated with.

    Example:

        class Cancellations(Projection, name="orders.cancellations"):
            row = OrderHistoryRow
            key = "order_id"

            @on
            def cancelled(self, row: OrderHistoryRow, event: OrderCancelled) -> None:
                row.state = "cancelled"
    """
    function.handles_message = True  # type: ignore[attr-defined]
    return function


def invoke(call: Call, envelope: Envelope, *before: Any) -> Any:
    """Call a handler with its message, and with the envelope where it asks for one."""
    if call.wants_envelope:
        return call.function(*before, envelope.message, envelope)
    return call.function(*before, envelope.message)


Batch = Sequence[Envelope]
