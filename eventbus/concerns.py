"""Gathering what waits for a person."""

from django.utils import timezone

from eventbus.attention import Concern
from eventbus.dead_letters import dead_letters
from eventbus.lanes import headline
from eventbus.models import Breaker
from eventbus.stories import stuck

MOST = 200
"""How many of a kind are told: whoever has more of them looks at the bus's own pages."""


def all_of_them() -> list[Concern]:
    """Kind by kind; three queries."""
    return [*_dead_letters(), *_sagas(), *_dependencies()]


def _dead_letters() -> list[Concern]:
    return [
        Concern(
            kind="dead_letter",
            id=delivery.pk,
            title=f"{delivery.subscription} could not take {delivery.message.type}",
            about=delivery.stream,
            why=headline(delivery.error),
            since=delivery.created_at,
            behind=delivery.behind,  # type: ignore[attr-defined]
        )
        for delivery in dead_letters()[:MOST]
    ]


def _sagas() -> list[Concern]:
    return [
        Concern(
            kind="saga",
            id=state.pk,
            title=f"{state.saga} is stuck",
            about=state.key,
            why=(
                "A step has failed for good."
                if state.dead  # type: ignore[attr-defined]
                else "It waits, and nothing is on its way to it."
            ),
            since=state.updated_at,
        )
        for state in stuck()[:MOST]
    ]


def _dependencies() -> list[Concern]:
    return [
        Concern(
            kind="dependency",
            id=breaker.dependency,
            title=f"{breaker.dependency} does not answer",
            about=breaker.dependency,
            why=headline(breaker.error),
            since=breaker.updated_at,
        )
        for breaker in Breaker.objects.filter(open_until__gt=timezone.now()).order_by("dependency")
    ]
