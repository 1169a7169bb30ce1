"""The test kit.

with published() as messages:
    reserve_stock(order_id=ORDER, lines=LINES)
assert messages == [StockReserved(order_id=ORDER, lines=LINES)]

drain()                        # deliver everything due, in this process, until quiet
assert_rebuilds(OrderHistory)  # live rows == rows rebuilt from the log

scenario(Checkout).given(order_placed).when(PaymentDeclined(order_id=ORDER)).sends(ReleaseStock(order_id=ORDER))
"""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

from eventbus import draining, replay, sql
from eventbus.checkpoints import ensure_checkpoints
from eventbus.errors import NotRebuilt
from eventbus.log import envelope, last_position
from eventbus.messages import Command, Event, Message
from eventbus.projections import Projection
from eventbus.sagas import Later, Saga

__all__ = ["Scenario", "assert_rebuilds", "drain", "published", "scenario"]


@contextmanager
def published() -> Generator[list[Message]]:
    """Collect what is published inside the block, in the order of the log; the list is filled at its end.

    Example:

        with published() as messages:
            reserve_stock(order_id=ORDER, lines=LINES)
        assert messages == [StockReserved(order_id=ORDER, lines=LINES)]
    """
    messages: list[Message] = []
    before = last_position()
    yield messages
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {sql.ENVELOPE} FROM eventbus_message WHERE position > %s ORDER BY position", [before]
        )
        messages += [envelope(row).message for row in cursor.fetchall()]


def drain(now: datetime | None = None, *, twice: bool = False) -> int:
    """Deliver everything due in this process until quiet; returns how many messages were handled.

    now: the moment that decides which timeouts and retries are due. twice: every message of the
    log reaches its handlers once more; projections and sagas move with their checkpoint: never doubled.
    A handler's exception is not raised here: its message is set aside, to be tried again.

    Example:

        place_order(order_id=ORDER, total=4200)
        drain(twice=True)
        assert OrderHistoryRow.objects.get().state == "placed"
    """
    handled = draining.drain(now)
    return handled + draining.redeliver(now) if twice else handled


def assert_rebuilds(*projections: type[Projection]) -> None:
    """Fail unless each projection's live rows equal the rows rebuilt from the log: raises NotRebuilt.

    Example:

        place_order(order_id=ORDER, total=4200)
        drain()
        assert_rebuilds(OrderHistory)
    """
    ensure_checkpoints()
    differences = [replay.compare(projection) for projection in projections]
    if found := [str(difference) for difference in differences if difference]:
        raise NotRebuilt("\n".join(found))


class Scenario:
    """A saga's decisions, without a database: given what has happened, when this happens, it sends that.

    `sends`, `waits` and `completes` raise AssertionError where the saga has decided otherwise.

    Example:

        Scenario(Checkout).given(order_placed).when(PaymentDeclined(order_id=ORDER)).completes()
    """

    def __init__(self, saga: type[Saga]) -> None:
        self.saga = saga()
        self.started = False

    def given(self, *events: Event) -> "Scenario":
        """Let the saga have seen these events."""
        for event in events:
            self._handle(event)
        return self

    def when(self, event: Event) -> "Scenario":
        """Let this happen; what the saga decided before is forgotten."""
        self._forget()
        self._handle(event)
        return self

    def when_skipped(self, command: Command) -> "Scenario":
        """Let a person skip this step."""
        self._forget()
        self.saga.skips[type(command)].function(self.saga, command)
        return self

    def when_compensated(self, key: str, reason: str = "") -> "Scenario":
        """Let a person have everything taken back."""
        self._forget()
        self.saga.compensate(key, reason)
        return self

    def sends(self, *commands: Command) -> "Scenario":
        """The saga must have sent exactly these commands, in this order."""
        assert self.saga.sent == list(commands), f"sent {self.saga.sent}, expected {list(commands)}"
        return self

    def waits(self, *timeouts: Later) -> "Scenario":
        """The saga must have set exactly these timeouts."""
        assert self.saga.timeouts == list(timeouts), f"set {self.saga.timeouts}, expected {list(timeouts)}"
        return self

    def completes(self) -> "Scenario":
        """The saga must have ended."""
        assert self.saga.completed, "the saga is still running"
        return self

    def _forget(self) -> None:
        self.saga.sent.clear()
        self.saga.timeouts.clear()

    def _handle(self, event: Event) -> None:
        self.started = self.started or isinstance(event, self.saga.starts)
        if self.started and not self.saga.completed:
            self.saga.calls[type(event)].function(self.saga, event)


def scenario(saga: type[Saga]) -> Scenario:
    """Begin a scenario for a saga class; its checks raise AssertionError.

    Example:

        scenario(Checkout).given(order_placed).when(PaymentDeclined(order_id=ORDER)).sends(
            ReleaseStock(order_id=ORDER)
        )
    """
    return Scenario(saga)
