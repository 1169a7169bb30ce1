"""Two toys that call one carrier, and one that calls nobody in particular."""

from eventbus import Command, handles
from tests.eventbus import toys


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
