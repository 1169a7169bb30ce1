"""How many messages of each type were published in the last minutes, counted in the log."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from eventbus.doctor.findings import rows
from eventbus.looking.searching import id_at, published_at
from eventbus.partitions import LAST_POSITION

MINUTES = 5
COUNTED = 20_000
"""How many messages are counted at most: on a busy day, those of less than MINUTES."""

_RECENT = f"""
SELECT type, count(*), min(id::text), sum(count(*)) OVER () FROM (
    SELECT type, id FROM eventbus_message
    WHERE position > (SELECT {LAST_POSITION}) - %(counted)s ORDER BY position DESC LIMIT %(counted)s
) AS recent
WHERE id >= %(since)s GROUP BY type"""


class Traffic(Struct, frozen=True):
    """Messages a minute, by type, over the `seconds` before `as_of`."""

    per_minute: dict[str, float]
    seconds: float
    as_of: datetime

    @property
    def total(self) -> float:
        """All messages, a minute."""
        return sum(self.per_minute.values())

    @property
    def window(self) -> str:
        """Over how long it was counted."""
        return f"{self.seconds / 60:.0f} min" if self.seconds >= 60 else f"{self.seconds:.0f} s"


def traffic() -> Traffic:
    """What was published lately: one query, that reads no more than COUNTED messages."""
    now = datetime.now(UTC)
    since = id_at(now, -MINUTES * 60_000)
    found = rows(_RECENT, {"since": since, "counted": COUNTED})
    seconds = MINUTES * 60.0
    if found and found[0][3] >= COUNTED:  # there were more before them
        oldest = published_at(UUID(min(row[2] for row in found)))
        seconds = max(1.0, (now - oldest).total_seconds())
    return Traffic({type: count * 60 / seconds for type, count, *_ in found}, seconds, now)


def told(rate: float) -> str:
    """A rate as people read it."""
    if rate >= 10_000:
        return f"{rate / 1000:.0f}k"
    if rate >= 10 or rate == int(rate):
        return f"{rate:.0f}"
    return f"{rate:.1f}"
