"""Where every subscription stands: what it has not read, how fast it goes, and what keeps it."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.db.models import Count, Max
from msgspec import Struct

from eventbus import pacing
from eventbus.doctor.findings import Severity, grade
from eventbus.doctor.reading import Unread, unread
from eventbus.models import Breaker, Checkpoint, Delivery, Pause, RebuildJob
from eventbus.pacing import Rate
from eventbus.subscriptions import Subscription, subscriptions

KINDS = {
    "projections": "projection",
    "sagas": "saga",
    "handlers": "handler",
    "external": "external",
    "bridge": "bridge",
}
UNDER_WAY = ("asked", "running", "stopping")


class Standing(Struct, frozen=True, kw_only=True):
    """One subscription: see the fields. `deliveries` counts what was set aside, by state."""

    subscription: Subscription
    unread: Unread | None
    rate: Rate | None
    pause: Pause | None
    breaker: Breaker | None
    job: RebuildJob | None
    deliveries: Counter[str]
    lanes: int
    version: int
    worked_at: datetime | None

    @property
    def name(self) -> str:
        """Its name."""
        return self.subscription.name

    @property
    def kind(self) -> str:
        """Projection, saga, handler, external or bridge."""
        return KINDS[self.subscription.queue]

    @property
    def waiting(self) -> int:
        """How many messages were set aside and will be tried by themselves."""
        return sum(self.deliveries.values()) - self.dead

    @property
    def dead(self) -> int:
        """How many messages wait for a person's decision."""
        return self.deliveries["dead"]

    @property
    def is_outdated(self) -> bool:
        """Whether its rows were folded by another version of its code."""
        return self.subscription.queue == "projections" and self.version != self.subscription.version

    @property
    def is_rebuilding(self) -> bool:
        """Whether a rebuild of it was asked for and has not ended."""
        return self.job is not None and self.job.state in UNDER_WAY

    @property
    def catches_up_in(self) -> timedelta | None:
        """How long the unread messages take at its present rate, where both are known."""
        if self.unread and not self.unread.more and self.rate and self.rate.messages:
            return timedelta(seconds=self.unread.messages / self.rate.per_second)
        return None

    @property
    def state(self) -> str:
        """In one word: what a person should know first."""
        reasons = {
            "absent": not self.lanes,
            "paused": self.pause,
            "breaker open": self.breaker and self.breaker.open_until,
            "needs a person": self.dead,
            "rebuilding": self.is_rebuilding,
            "outdated": self.is_outdated,
            "behind": self.unread and grade(self.unread.age_seconds, "LAG_SECONDS"),
        }
        return next((state for state, holds in reasons.items() if holds), "at work")

    @property
    def severity(self) -> Severity:
        """How bad that is."""
        if self.state == "absent":
            return Severity.CRITICAL
        if self.state == "behind" and self.unread:
            return grade(self.unread.age_seconds, "LAG_SECONDS")
        return Severity.OK if self.state in ("at work", "rebuilding") else Severity.WARNING


def standings() -> list[Standing]:
    """Every subscription of this process, by name: seven queries, however many there are."""
    behind, rates = unread(), pacing.rates()
    pauses = {pause.subscription: pause for pause in Pause.objects.all()}
    breakers = {breaker.dependency: breaker for breaker in Breaker.objects.all()}
    jobs = {job.projection: job for job in RebuildJob.objects.all()}
    set_aside = _set_aside()
    lanes: dict[str, list[tuple[int, datetime]]] = defaultdict(list)
    for name, version, worked_at in Checkpoint.objects.values_list("subscription", "version", "updated_at"):
        lanes[name].append((version, worked_at))
    return [
        Standing(
            subscription=one,
            unread=behind.get(one.name),
            rate=rates.get(one.name),
            pause=pauses.get(one.name),
            breaker=breakers.get(one.dependency) if one.dependency else None,
            job=jobs.get(one.name),
            deliveries=set_aside[one.name],
            lanes=len(lanes[one.name]),
            version=lanes[one.name][0][0] if lanes[one.name] else one.version,
            worked_at=max((at for _, at in lanes[one.name]), default=None),
        )
        for one in subscriptions()
    ]


def standing(name: str) -> Standing | None:
    """One of them."""
    return next((one for one in standings() if one.name == name), None)


def _set_aside() -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    counted = Delivery.objects.values_list("subscription", "state").annotate(number=Count("pk"))
    for name, state, number in counted:
        found[name][state] = number
    return found


def last_work() -> dict[str, datetime]:
    """When a lane of each queue was last moved: what shows that its workers are alive."""
    queues = {s.name: s.queue for s in subscriptions()}
    moved = Checkpoint.objects.values_list("subscription").annotate(at=Max("updated_at"))
    found: dict[str, datetime] = {}
    for name, at in moved:
        if queue := queues.get(name):
            found[queue] = max(at, found.get(queue, at))
    return found
