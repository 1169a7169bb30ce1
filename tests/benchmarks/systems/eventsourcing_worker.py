# mypy: disable-error-code="import-not-found, untyped-decorator, misc, no-any-return"
# The package is there only in a peer's own process.
"""eventsourcing's projection: one upsert and its tracking record, in one transaction per event."""

import signal
from typing import Any

from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from tests.benchmarks.systems.effects import upsert
from tests.benchmarks.systems.eventsourcing_log import Counted, Tallies, environment


class TallyView(PostgresTrackingRecorder):
    """The rows, written together with how far the projection has come."""

    def count(self, counter: str, number: int, tracking: Tracking) -> None:
        """Count once more."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(upsert(), [counter, number], prepare=True)


class Tally(Projection[TallyView]):
    """Counts and sums."""

    name = "tally"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Hand every message to the view."""
        if isinstance(domain_event, Counted.Created):
            self.view.count(domain_event.counter, domain_event.number, tracking)


def main() -> None:
    """Run until told to stop."""
    runner = ProjectionRunner(
        application_class=Tallies, projection_class=Tally, view_class=TallyView, env=environment()
    )
    signal.signal(signal.SIGTERM, lambda *_: runner.stop())
    with runner:
        runner.run_forever()


if __name__ == "__main__":
    main()
