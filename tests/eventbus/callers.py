"""Toys that call a carrier, and one of every kind of consumer, all listening to one event."""

from django.db import models, transaction

from eventbus import (
    Command,
    Event,
    Projection,
    Record,
    Reject,
    Saga,
    dead_letters,
    handles,
    on,
    publish,
    subscribe,
)
from eventbus.models import Delivery, Message
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.toys import CounterRow


class Book(Command, name="toys.book", key="parcel"):
    """Have a parcel fetched."""

    parcel: str


class CallOff(Command, name="toys.call_off", key="parcel"):
    """Have a parcel left where it is."""

    parcel: str


class Print(Command, name="toys.print", key="parcel"):
    """Print a label."""

    parcel: str


@handles(external=True, dependency="toy carrier", attempts=3)
def book(command: Book) -> None:
    """Do as the test says."""
    toys._behave("book", command)


@handles(external=True, dependency="toy carrier", attempts=3)
def call_off(command: CallOff) -> None:
    """Do as the test says."""
    toys._behave("call_off", command)


@handles(external=True, attempts=3)
def print_label(command: Print) -> None:
    """Do as the test says."""
    toys._behave("print", command)


class ParcelRow(models.Model):
    """The numbers of a parcel."""

    parcel = models.CharField(max_length=40, primary_key=True)
    numbers = models.JSONField(default=list)

    objects: models.Manager["ParcelRow"] = models.Manager()

    class Meta:
        app_label = "toys"
        db_table = "toys_parcel"

    def __str__(self) -> str:
        return self.parcel


class Sent(Event, name="toys.sent", key="parcel"):
    """A parcel has passed the gate with this number."""

    parcel: str
    number: int


class Stamp(Command, name="toys.stamp", key="parcel"):
    """Print the number on the parcel."""

    parcel: str
    number: int


@handles
def stamp(command: Stamp) -> None:
    """Nothing: that it was sent is enough."""


def _note(kind: str, event: Sent) -> None:
    row, _ = CounterRow.objects.get_or_create(counter=f"{kind} {event.parcel}")
    row.numbers = [*row.numbers, event.number]
    row.save()


@subscribe(name="toys.handler", attempts=3)
def note_sent(event: Sent) -> None:
    """Note the number, after doing as the test says."""
    toys._behave("handler", event)
    _note("handler", event)


@subscribe(name="toys.external", external=True, attempts=3)
def tell_sent(event: Sent) -> Record:
    """Do as the test says, and note the number where the call is settled."""
    toys._behave("external", event)
    return lambda: _note("external", event)


class Parcels(Projection, name="toys.projection"):
    """The numbers of each parcel."""

    row = ParcelRow
    key = "parcel"

    @on
    def sent(self, row: ParcelRow, event: Sent) -> None:
        """Note the number, after doing as the test says."""
        toys._behave("projection", event)
        row.numbers = [*row.numbers, event.number]


class Escort(Saga, name="toys.saga", starts=Sent):
    """Has every number stamped."""

    @on
    def have_stamped(self, event: Sent) -> None:
        """Have the number stamped, after doing as the test says."""
        toys._behave("saga", event)
        self.do(Stamp(parcel=event.parcel, number=event.number), undo=Stamp(parcel=event.parcel, number=0))


def effects(kind: str) -> dict[str, list[int]]:
    """By parcel, the numbers that the consumer of a kind has taken, in its order."""
    if kind == "saga":
        numbers: dict[str, list[int]] = {}
        for data in (
            Message.objects.filter(type="toys.stamp").order_by("position").values_list("data", flat=True)
        ):
            numbers.setdefault(data["parcel"], []).append(data["number"])
        return numbers
    if kind == "projection":
        return {row.parcel: row.numbers for row in ParcelRow.objects.all()}
    rows = CounterRow.objects.filter(counter__startswith=kind)
    return {row.counter.removeprefix(f"{kind} "): row.numbers for row in rows}


@transaction.atomic
def pass_gate(*parcels: tuple[str, int]) -> None:
    """Publish that these have been sent, in one transaction."""
    publish(*(Sent(parcel=parcel, number=number) for parcel, number in parcels))


def poison(kind: str, *, error: type[Exception] = Reject, parcel: str = "a", number: int = 2) -> None:
    """Let one consumer never take one message."""

    def fail(message: Event | Command) -> None:
        if message == Sent(parcel=parcel, number=number):
            raise error(f"no {parcel}{number}")

    toys.behaviour[kind] = fail


def aside(kind: str) -> list[tuple[int, str, int]]:
    """What is set aside for a consumer: (number, state, attempts), in the order of the log."""
    waiting = (
        Delivery.objects.filter(subscription=f"toys.{kind}").select_related("message").order_by("message")
    )
    return [(d.message.data["number"], d.state, d.attempts) for d in waiting]


def dead(kind: str) -> Delivery:
    """Have one message rejected by a consumer, with three of its parcel behind it."""
    poison(kind)
    pass_gate(("a", 1), ("b", 1), ("a", 2), ("a", 3), ("b", 2), ("a", 4))
    drain()
    pass_gate(("a", 5), ("b", 3))
    drain()
    toys.behaviour.clear()
    return dead_letters.dead_letters().get()
