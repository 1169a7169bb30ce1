"""What the old release does."""

from functools import partial

from eventbus import Record, subscribe
from tests.acceptance.deploys.noting import note
from tests.acceptance.deploys.old.events import Weighed


@subscribe(name="deploys.note")
def note_down(event: Weighed) -> None:
    """Note it in this transaction."""
    note("note", "old", event.parcel, event.number)


@subscribe(name="deploys.call", external=True)
def call_out(event: Weighed) -> Record:
    """Note it where the delivery is settled."""
    return partial(note, "call", "old", event.parcel, event.number)
