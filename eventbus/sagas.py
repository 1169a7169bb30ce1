"""Sagas: processes that several rooms carry out together, and take back together.

    class Checkout(Saga, name="orders.checkout", starts=OrderPlaced):
        @on
        def reserve_stock(self, event: OrderPlaced) -> None:
            self.do(ReserveStock(order_id=event.order_id), undo=ReleaseStock(order_id=event.order_id))

        @on
        def give_back(self, event: StockRejected | PaymentDeclined) -> None:
            self.undo_all()
            self.do(CancelOrder(order_id=event.order_id, reason=event.reason))
            self.complete()

One saga runs per key value of the event that starts it. A step's undo is stored with its do, in one
transaction and before the outcome is known; it names the end state it secures and is harmless where there is
nothing to undo.

A person can lead a saga that is stuck on (`manage.py sagas`, steering.py): `compensate` says what that means
for it, and `@on_skip` which of its steps may be done by hand.
"""

from collections.abc import Iterable
from typing import ClassVar

from msgspec import Struct

from eventbus.errors import DefinitionError
from eventbus.messages import Command, Event, Message
from eventbus.subscriptions import Call, Function, Subscription, calls_of, register


def on_skip(function: Function) -> Function:
    """Mark a saga's method as what happens when a person skips the command it takes: it was done by hand.

    A step without such a method cannot be skipped while the saga waits for its outcome. A parameter that is
    no command, or two methods for one, raise DefinitionError.

    Example:

        class Payment(Saga, name="orders.payment", starts=OrderPlaced):
            @on
            def ask_for_it(self, event: OrderPlaced) -> None:
                self.do(CapturePayment(order_id=event.order_id))

            @on_skip
            def paid_in_cash(self, command: CapturePayment) -> None:
                self.complete()
    """
    function.handles_skip = True  # type: ignore[attr-defined]
    return function


class Later(Struct, frozen=True):
    """A timeout: an event to be published in `seconds`, unless the saga completes before."""

    event: Event
    seconds: float


class Saga:
    """One process. Its methods decide; the bus stores and sends what they decide when they return.

    Class keywords: name, starts (the event, or events, that begin one; without a method for it,
    DefinitionError is raised). `later` takes its time in seconds.

    Example:

        class Payment(Saga, name="orders.payment", starts=OrderPlaced):
            @on
            def wait(self, event: OrderPlaced) -> None:
                self.do(CapturePayment(order_id=event.order_id))
                self.later(PaymentOverdue(order_id=event.order_id), seconds=900)

            @on
            def give_up(self, event: PaymentDeclined | PaymentOverdue) -> None:
                self.undo_all()
                self.complete()

        scenario(Payment).when(order_placed).sends(CapturePayment(order_id=ORDER))
    """

    name: ClassVar[str]
    starts: ClassVar[tuple[type[Event], ...]]
    calls: ClassVar[dict[type[Message], Call]]
    skips: ClassVar[dict[type[Message], Call]]

    def __init_subclass__(cls, *, name: str, starts: type[Event] | tuple[type[Event], ...]) -> None:
        cls.name = name
        cls.starts = starts if isinstance(starts, tuple) else (starts,)
        cls.calls = calls_of(cls, Event, skip=1)
        cls.skips = calls_of(cls, Command, skip=1, mark="handles_skip")
        if missing := [event.__name__ for event in cls.starts if event not in cls.calls]:
            raise DefinitionError(f"{cls.__name__} starts with {missing}, but has no @on method for it.")
        register(
            Subscription(
                name=name, queue="sagas", accepts=tuple(cls.calls), consumer=cls, from_start=False, batch=200
            )
        )

    def __init__(self, undos: Iterable[Command] = ()) -> None:
        self.undos: list[Command] = list(undos)
        self.sent: list[Command] = []
        self.timeouts: list[Later] = []
        self.completed = False

    def do(self, command: Command, *, undo: Command | None = None) -> None:
        """Send a command, and remember what takes it back."""
        self.sent.append(command)
        if undo is not None:
            self.undos.append(undo)

    def undo_all(self) -> None:
        """Send the undo of every step done so far, the last one first."""
        while self.undos:
            self.sent.append(self.undos.pop())

    def later(self, event: Event, *, seconds: float) -> None:
        """Publish `event` after that time, unless the saga has completed by then."""
        self.timeouts.append(Later(event, seconds))

    def complete(self) -> None:
        """End the saga: events that still arrive for its key are ignored and its timeouts dropped."""
        self.completed = True

    def compensate(self, key: str, reason: str) -> None:
        """Take back what was done, because a person says so; override it to tell others of it too."""
        self.undo_all()
        self.complete()

    @classmethod
    def stream_of(cls, key: str) -> str:
        """The stream of all that is said about one of these sagas."""
        return f"{cls.starts[0].contract.stream_prefix}{key}"
