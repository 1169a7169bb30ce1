"""Small helpers that read the clock, for folds that should not."""

import time
from datetime import UTC, date, datetime


class Calendar:
    """Today's date in parts."""

    @classmethod
    def year(cls) -> int:
        """The current year."""
        return date.today().year


def stamp() -> int:
    """The current time in whole seconds."""
    return time.time_ns() // 10**9


def year_of(moment: datetime) -> int:
    """The year of a moment, in UTC: reads no clock."""
    return moment.astimezone(UTC).year
