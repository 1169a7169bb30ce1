"""What each process counts by itself: requests, messages, outcomes, and how long things took.

Every process writes into files of its own under PROMETHEUS_MULTIPROC_DIR (mapped into memory: no call to the
system), and the page adds up the files of this machine: gunicorn's, the workers' and the relay's. What the
database knows of all machines together is asked there at every scrape: `eventbus.measure`.
"""

import os
from collections import Counter as Tally
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from time import time
from typing import Any

# Where the files are must be known before this import: it decides there and then.
Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)

from prometheus_client import Counter, Histogram  # noqa: E402

from eventbus import Observer  # noqa: E402

FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SLOW = (*FAST, 30, 60, 300, 3600)
SAMPLES = 16
"""How many messages of one batch are timed: a batch of hundreds took as long for each."""

REQUESTS = Histogram(
    "http_request_duration_seconds",
    "How long requests took, by route.",
    ["method", "route", "code"],
    buckets=FAST,
)
PUBLISHED = Counter("eventbus_published", "Messages committed to the log.", ["type"])
HANDLED = Counter("eventbus_handled", "Messages that a subscription has taken.", ["subscription"])
FAILED = Counter(
    "eventbus_failed",
    "Attempts in vain: retry, dependency_down, unknown, or dead, which ends them.",
    ["subscription", "outcome"],
)
LATENCY = Histogram(
    "eventbus_latency_seconds",
    "From a message's publishing to its committed effect; at most 16 messages of a batch are timed.",
    ["subscription"],
    buckets=SLOW,
)
WORK = Histogram(
    "eventbus_work_seconds",
    "How long a subscription worked on a batch or a call.",
    ["subscription"],
    buckets=FAST,
)


@cache
def _of(subscription: str) -> tuple[Counter, Histogram, Histogram]:
    """Where a subscription is counted: looked up once, for there are thousands of batches a second."""
    return HANDLED.labels(subscription), WORK.labels(subscription), LATENCY.labels(subscription)


class Counting(Observer):
    """Counts what the bus does in this process."""

    def published(self, drafts: Sequence[Any]) -> None:
        """Count messages by type."""
        for name, number in Tally(draft.message.contract.name for draft in drafts).items():
            PUBLISHED.labels(name).inc(number)

    def handled(self, subscription: Any, batch: Sequence[Any], seconds: float) -> None:
        """Count messages, and time some of them."""
        taken, work, latency = _of(subscription.name)
        taken.inc(len(batch))
        work.observe(seconds)
        now = time()
        for envelope in batch[:: -(-len(batch) // SAMPLES)]:
            if envelope.id.version == 7:  # says when it was published, in milliseconds
                latency.observe(max(now - (envelope.id.int >> 80) / 1000, 0))

    def failed(self, failure: Any) -> None:
        """Count attempts in vain."""
        FAILED.labels(failure.subscription.name, failure.outcome).inc()
