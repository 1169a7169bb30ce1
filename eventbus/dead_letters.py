"""Dead letters: messages that a handler could not take. Their stream waits for a person's decision.

Who retries or discards one leaves an `Act`: who, what, why, and what the failure had been. What waited behind
it is due at once, in order.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from eventbus import dispatch
from eventbus.errors import EventBusError
from eventbus.models import Act, Delivery
from eventbus.subscriptions import subscriptions


def dead_letters(
    *,
    subscription: str = "",
    stream: str = "",
    type: str = "",
    since: datetime | None = None,
    error: str = "",
    ids: Collection[int] = (),
) -> QuerySet[Delivery]:
    """The dead letters that fit, oldest message first; `behind` says how many wait behind each.

    since: when the message was first set aside, at the earliest. error: a part of its error's text.
    """
    wanted = {
        "subscription": subscription,
        "stream": stream,
        "message__type": type,
        "created_at__gte": since,
        "error__icontains": error,
        "pk__in": ids,
    }
    dead = Delivery.objects.filter(
        state=Delivery.State.DEAD, **{name: value for name, value in wanted.items() if value}
    )
    return with_behind(dead.select_related("message")).order_by("message_id", "subscription")


def with_behind(deliveries: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """The deliveries, with the number of messages that wait behind each as `behind`."""
    waiting = Delivery.objects.filter(
        subscription=OuterRef("subscription"),
        stream=OuterRef("stream"),
        message_id__gt=OuterRef("message_id"),
    ).exclude(subscription__in=_unordered())
    counted = waiting.order_by().values("subscription").annotate(number=Count("pk")).values("number")
    return deliveries.annotate(behind=Coalesce(Subquery(counted), 0))


def _unordered() -> list[str]:
    return [s.name for s in subscriptions() if not s.ordered]


def history(delivery: Delivery) -> QuerySet[Act]:
    """What was decided about a message for its subscription, oldest first."""
    return Act.objects.filter(subscription=delivery.subscription, message_id=delivery.message_id).order_by(
        "pk"
    )


@transaction.atomic
def retry(delivery_ids: Iterable[int], *, actor: str, reason: str = "") -> int:
    """Give dead letters their full number of attempts again, from now; returns how many.

    actor: who decided it. Ids of deliveries that are not dead (any more) are passed over.
    """
    dead = _take(delivery_ids, "retry", actor, reason)
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in dead]).update(
        state=Delivery.State.WAITING, attempts=0, outages=0, due_at=timezone.now()
    )
    _release(dead)
    return len(dead)


@transaction.atomic
def discard(delivery_ids: Iterable[int], *, actor: str, reason: str) -> int:
    """Give dead letters up: the handler never gets them, and their streams go on; returns how many.

    actor, reason: who decided it, and why; a rebuild leaves the message out as well. Ids of deliveries that
    are not dead (any more) are passed over. Raises EventBusError where there is no reason.
    """
    if not reason.strip():
        raise EventBusError(
            f"{actor} would discard dead letters without a reason. Say why the handler need never get them."
        )
    dead = _take(delivery_ids, "discard", actor, reason)
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in dead]).delete()
    _release(dead)
    return len(dead)


def _take(delivery_ids: Iterable[int], act: str, actor: str, reason: str) -> list[Delivery]:
    chosen = Delivery.objects.filter(pk__in=list(delivery_ids), state=Delivery.State.DEAD)
    dead = list(chosen.select_for_update().order_by("pk"))
    Act.objects.bulk_create(
        Act(
            actor=actor,
            act=act,
            subscription=delivery.subscription,
            message_id=delivery.message_id,
            stream=delivery.stream,
            reason=reason,
            error=delivery.error,
        )
        for delivery in dead
    )
    return dead


def _release(dead: list[Delivery]) -> None:
    """Make due what waits behind, whatever its own delay was, and deliver it where no relay looks for it."""
    now = timezone.now()
    for delivery in dead:
        Delivery.objects.exclude(subscription__in=_unordered()).filter(
            subscription=delivery.subscription,
            stream=delivery.stream,
            state__in=(Delivery.State.WAITING, Delivery.State.UNKNOWN),
            due_at__gt=now,
        ).update(due_at=now)
    if dead:
        dispatch.after_commit()
