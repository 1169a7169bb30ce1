"""What the new release does."""

from functools import partial

from eventbus import Record, subscribe
from tests.acceptance.deploys.new.events import Posted, Weighed
from tests.acceptance.deploys.noting import note


@subscribe(name="deploys.note")
def note_down(event: Weighed | Posted) -> None:
    """Note it in this transaction."""
    note("note", "new", event.parcel, event.number)


@subscribe(name="deploys.call", external=True)
def call_out(event: Weighed | Posted) -> Record:
    """Note it where the delivery is settled."""
    return partial(note, "call", "new", event.parcel, event.number)
