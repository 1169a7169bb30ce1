"""One row per counter, as the bus writes it."""

from eventbus import Envelope, Projection, on
from tests.benchmarks.events import Tallied
from tests.benchmarks.models import Tally


class Tallies(Projection, name="benchmarks.tallies"):
    """Counts and sums."""

    row = Tally
    key = "counter"

    @on
    def tallied(self, row: Tally, event: Tallied, envelope: Envelope) -> None:
        """Count once more."""
        row.count += 1
        row.total += event.number
        row.last_at = envelope.occurred_at
