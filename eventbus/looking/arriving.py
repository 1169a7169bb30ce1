"""What came in over the bridge and could not be taken, by whom it came from, with what waits behind it."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from msgspec import Struct

from eventbus.bridge.inbox import HELD
from eventbus.models import Act, Arrival

SHOWN = 25
"""How many arrivals of one source a page shows; the others are counted."""
_HOLDING = (Arrival.State.REFUSED, Arrival.State.PARKED)


class Held(Struct, frozen=True, kw_only=True):
    """A source, and what of it is held: refused ones wait for a person, parked ones for a newer release."""

    source: str
    refused: int
    parked: int
    waiting: int
    since: datetime
    arrivals: list[Arrival]

    @property
    def hidden(self) -> int:
        """How many of those that hold something back are not shown."""
        return self.refused + self.parked - len(self.arrivals)


def held(text: str = "") -> list[Held]:
    """What is held, by source; one query, and one for each source.

    text: only what is of this type or stream, or whose error contains it.
    """
    found = Arrival.objects.filter(state__in=HELD)
    if text:
        found = found.filter(Q(type=text) | Q(stream=text) | Q(error__icontains=text))
    counted = found.values("source").annotate(
        since=Min("arrived_at"),
        **{state: Count("pk", filter=Q(state=state)) for state in ("refused", "parked", "waiting")},
    )
    return [_of_source(found, dict(counts)) for counts in counted.order_by("source")]


def _of_source(found: QuerySet[Arrival], counts: dict[str, Any]) -> Held:
    holding = found.filter(source=counts["source"], state__in=_HOLDING)
    # "refused" comes before "parked".
    return Held(arrivals=list(with_behind(holding).order_by("-state", "pk")[:SHOWN]), **counts)


def with_behind(arrivals: QuerySet[Arrival]) -> QuerySet[Arrival]:
    """The arrivals, with the number of those that wait behind each as `behind`."""
    waiting = Arrival.objects.filter(
        source=OuterRef("source"),
        stream=OuterRef("stream"),
        state=Arrival.State.WAITING,
        pk__gt=OuterRef("pk"),
    ).exclude(stream="")
    counted = waiting.order_by().values("source").annotate(number=Count("pk")).values("number")
    return arrivals.annotate(behind=Coalesce(Subquery(counted), 0))


def decided(arrival: Arrival) -> QuerySet[Act]:
    """What was decided about this type of its stream, oldest first."""
    return Act.objects.filter(
        act__endswith=" arrival", subscription=arrival.lane, stream=arrival.stream
    ).order_by("pk")
