"""When to try again."""

import random
from datetime import timedelta

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 3600.0
DEPENDENCY_DELAY_SECONDS = 30.0
MOST_DOUBLINGS = 30  # a day's outage counts thousands of failures, more than a float can double


def backoff(attempts: int, *, longest_seconds: float = LONGEST_DELAY_SECONDS) -> timedelta:
    """How long to wait after failure number `attempts`: doubled each time, the upper half of it at random."""
    doublings = min(attempts - 1, MOST_DOUBLINGS)
    delay = min(FIRST_DELAY_SECONDS * 2.0**doublings, longest_seconds)
    return timedelta(seconds=delay * random.uniform(0.5, 1.0))


def dependency_backoff(outages: int) -> timedelta:
    """How long to wait while the other side is down: short at first, never over half a minute."""
    return backoff(outages, longest_seconds=DEPENDENCY_DELAY_SECONDS)
