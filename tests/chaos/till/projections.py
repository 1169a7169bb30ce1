"""What the tills have taken."""

from eventbus import Projection, on
from tests.chaos.till.events import Sold
from tests.chaos.till.models import TillRow


class Takings(Projection, name="till.takings"):
    """One row per till."""

    row = TillRow
    key = "till"

    @on
    def sold(self, row: TillRow, event: Sold) -> None:
        """Add it up."""
        row.takings += event.amount
