"""Which consumer failed to handle which message: one row each, with what waits behind it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from msgspec import Struct

from eventbus import dead_letters
from eventbus.models import Delivery

SHOWN = 25
"""How many failures of one consumer a page shows; the others are counted."""


class Failing(Struct, frozen=True, kw_only=True):
    """A consumer and its failures: dead ones wait for a person, the others are tried again by themselves."""

    subscription: str
    dead: int
    retried: int
    unknown: int
    waiting: int
    since: datetime
    failures: list[Delivery]

    @property
    def hidden(self) -> int:
        """How many failures are not shown."""
        return self.dead + self.retried + self.unknown - len(self.failures)


def failing(subscription: str = "", *, text: str = "", only_dead: bool = False) -> list[Failing]:
    """The consumers with failures, those with dead letters first; two queries, and two for each of them.

    text: only failures whose error or stream contains it.
    """
    failed = _failed(only_dead=only_dead)
    if subscription:
        failed = failed.filter(subscription=subscription)
    if text:
        failed = failed.filter(Q(error__icontains=text) | Q(stream=text))
    counted = failed.values("subscription").annotate(
        dead=Count("pk", filter=Q(state="dead")),
        retried=Count("pk", filter=Q(state__in=("waiting", "claimed"))),
        unknown=Count("pk", filter=Q(state="unknown")),
    )
    found = [_one(failed, dict(counts)) for counts in counted.order_by("subscription")]
    return sorted(found, key=lambda one: (one.dead == 0, one.subscription))


def _failed(*, only_dead: bool) -> QuerySet[Delivery]:
    """What the partial index on failures holds: not the long queues that merely wait."""
    failed = Delivery.objects.exclude(error="")
    return failed.filter(state=Delivery.State.DEAD) if only_dead else failed


def _one(failed: QuerySet[Delivery], counts: dict[str, Any]) -> Failing:
    name = counts.pop("subscription")
    mine = failed.filter(subscription=name)
    rows = dead_letters.with_behind(mine.select_related("message"))
    shown = list(rows.order_by("state", "message_id")[:SHOWN])  # "dead" comes before the others
    return Failing(
        subscription=name,
        since=min(delivery.created_at for delivery in shown),
        waiting=sum(_behind(shown)),
        failures=shown,
        **counts,
    )


def _behind(deliveries: Iterable[Delivery]) -> Iterable[int]:
    """How many wait behind each, of every stream once."""
    streams: dict[str, int] = {}
    for delivery in deliveries:
        behind: int = delivery.behind  # type: ignore[attr-defined]
        streams[delivery.stream] = max(behind, streams.get(delivery.stream, 0))
    return streams.values()
