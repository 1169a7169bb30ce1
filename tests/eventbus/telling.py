"""Publishing in tests, a transaction each."""

from django.db import transaction

from eventbus import Event, publish
from tests.eventbus.toys import Announced, Counted


@transaction.atomic
def tell(*events: Event) -> None:
    """Publish."""
    publish(*events)


def announce(*counters: str) -> None:
    """Publish that these counters were announced, together."""
    tell(*(Announced(counter=counter) for counter in counters))


def count(*numbers: int, counter: str = "a") -> None:
    """Publish that a counter was moved by these numbers, one after the other."""
    for number in numbers:
        tell(Counted(counter=counter, number=number))
