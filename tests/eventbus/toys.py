"""Small messages and consumers to try the bus with; nothing of the shop."""

from collections.abc import Callable
from uuid import UUID

from django.db import models

from eventbus import Command, Event, Projection, Record, Saga, handles, on, on_skip, subscribe


class Counted(Event, name="toys.counted", key="counter"):
    """A counter was moved by a number."""

    counter: str
    number: int


class Announced(Event, name="toys.announced", key="counter"):
    """The handler of Announce has run."""

    counter: str


class Announce(Command, name="toys.announce", key="counter"):
    """Say that something was counted."""

    counter: str


class Opened(Event, name="toys.opened", key="door_id"):
    """A door was opened."""

    door_id: UUID


class Overdue(Event, name="toys.overdue", key="door_id"):
    """A door has been open for too long."""

    door_id: UUID


class Ring(Command, name="toys.ring", key="door_id"):
    """Let the bell ring."""

    door_id: UUID


class Silence(Command, name="toys.silence", key="door_id"):
    """End state: no bell rings."""

    door_id: UUID


class Rung(Event, name="toys.rung", key="door_id"):
    """The bell has rung."""

    door_id: UUID


class CounterRow(models.Model):
    """What a counter has come to, and in which order."""

    counter = models.CharField(max_length=40, primary_key=True)
    total = models.IntegerField(default=0)
    numbers = models.JSONField(default=list)

    objects: models.Manager["CounterRow"] = models.Manager()

    class Meta:
        app_label = "toys"
        db_table = "toys_counter"

    def __str__(self) -> str:
        return self.counter


class Counters(Projection, name="toys.counters"):
    """One row per counter."""

    row = CounterRow
    key = "counter"

    @on
    def counted(self, row: CounterRow, event: Counted) -> None:
        """Add the number."""
        row.total += event.number
        row.numbers = [*row.numbers, event.number]


behaviour: dict[str, Callable[[Event | Command], None]] = {}
handled: list[Event | Command] = []
recorded: list[str] = []


def _behave(name: str, message: Event | Command) -> None:
    handled.append(message)
    if act := behaviour.get(name):
        act(message)


@subscribe(name="toys.listener", attempts=3)
def listen(event: Counted) -> None:
    """Do as the test says."""
    _behave("listener", event)


@handles
def announce(command: Announce) -> None:
    """Do as the test says."""
    _behave("announce", command)


@subscribe(name="toys.caller", external=True, attempts=3)
def call(event: Announced) -> Record:
    """Call out as the test says, and record it."""
    _behave("caller", event)
    return lambda: recorded.append(event.counter)


class Door(Saga, name="toys.door", starts=Opened):
    """Rings when a door opens, and takes it back when it stays open."""

    @on
    def ring(self, event: Opened) -> None:
        """Ring, and look again in a minute."""
        self.do(Ring(door_id=event.door_id), undo=Silence(door_id=event.door_id))
        self.later(Overdue(door_id=event.door_id), seconds=60)

    @on
    def finish(self, event: Rung) -> None:
        """All is well."""
        self.complete()

    @on
    def give_up(self, event: Overdue) -> None:
        """Nobody came."""
        self.undo_all()
        self.complete()

    @on_skip
    def knocked(self, command: Ring) -> None:
        """Somebody has knocked instead."""
        self.undo_all()
        self.complete()


@handles
def ring_bell(command: Ring) -> None:
    """Do as the test says."""
    _behave("ring", command)


@handles
def silence_bell(command: Silence) -> None:
    """Do as the test says."""
    _behave("silence", command)
