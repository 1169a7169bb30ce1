"""How fast each subscription goes: measured, not guessed.

Each lane counts what it takes (`Checkpoint.delivered`, in the statement that moves it). What it had taken is
noted by the leading relay every few seconds, and by the pages that show it: two moments, between ten and
twenty seconds apart while somebody notes, give a rate that says from when to when it was measured.
"""

from datetime import datetime

from django.db import connection
from msgspec import Struct

APART_SECONDS = 10

# The older note makes way only when the newer one is old enough: no rate is told over a moment. A counter
# that began again (its checkpoint was made anew) begins a new measurement.
_MEASURE = """
INSERT INTO eventbus_pace AS pace (subscription, at, delivered, earlier_at, earlier_delivered)
SELECT subscription, now(), sum(delivered), now(), sum(delivered)
FROM eventbus_checkpoint GROUP BY subscription ORDER BY subscription
ON CONFLICT (subscription) DO UPDATE SET
    at = EXCLUDED.at, delivered = EXCLUDED.delivered,
    earlier_at = CASE WHEN EXCLUDED.delivered < pace.delivered THEN EXCLUDED.at ELSE pace.at END,
    earlier_delivered =
        CASE WHEN EXCLUDED.delivered < pace.delivered THEN EXCLUDED.delivered ELSE pace.delivered END
WHERE pace.at <= EXCLUDED.at - %s * interval '1 second'"""

# From the older note to this moment.
_PACES = """
SELECT c.subscription, extract(epoch FROM now() - p.earlier_at), c.delivered - p.earlier_delivered, now()
FROM (SELECT subscription, sum(delivered) AS delivered FROM eventbus_checkpoint GROUP BY subscription) AS c
JOIN eventbus_pace AS p USING (subscription)
WHERE p.earlier_at < now() - interval '1 second' AND c.delivered >= p.earlier_delivered"""


class Rate(Struct, frozen=True):
    """How many messages a subscription took in the `seconds` before `as_of`."""

    messages: int
    seconds: float
    as_of: datetime

    @property
    def per_second(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


def measure() -> None:
    """Note what every subscription has taken, unless that was done a moment ago."""
    with connection.cursor() as cursor:
        cursor.execute(_MEASURE, [APART_SECONDS])


def rates() -> dict[str, Rate]:
    """The rate of each subscription that two moments are known of."""
    with connection.cursor() as cursor:
        cursor.execute(_PACES)
        return {
            name: Rate(int(taken), float(seconds), as_of) for name, seconds, taken, as_of in cursor.fetchall()
        }
