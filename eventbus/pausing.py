"""Pausing a subscription: its messages wait in the log, in order, until a person resumes it.

The pause is a row, and every claim asks for it: lanes, external calls and sagas alike, whichever worker or
process they run in. What has begun is finished: a batch under way commits, a call under way is settled.
Nothing is lost and nothing is turned round, because a paused lane is one whose checkpoint stands still.
"""

from django.db import transaction
from django.utils import timezone

from eventbus import dispatch
from eventbus.errors import EventBusError, NotPaused, UnknownSubscription
from eventbus.models import Act, Checkpoint, Delivery, Pause
from eventbus.subscriptions import subscriptions


def paused() -> set[str]:
    """The names of the subscriptions that are paused."""
    return set(Pause.objects.values_list("subscription", flat=True))


@transaction.atomic
def pause(name: str, *, actor: str, reason: str) -> None:
    """Hand nothing more to a subscription; paused already, it stays so for the first reason.

    Raises UnknownSubscription, and EventBusError where there is no reason.
    """
    need(name)
    if not reason.strip():
        raise EventBusError(f"{actor} would pause {name} without a reason. Say why; the next one will ask.")
    _, new = Pause.objects.get_or_create(subscription=name, defaults={"actor": actor, "reason": reason})
    if new:
        Act.objects.create(actor=actor, act="pause", subscription=name, reason=reason)


@transaction.atomic
def resume(name: str, *, actor: str, reason: str = "") -> None:
    """Let a subscription go on where it stopped. Raises UnknownSubscription, NotPaused."""
    need(name)
    gone, _ = Pause.objects.filter(subscription=name).delete()
    if not gone:
        raise NotPaused(f"{name} is not paused: there is nothing to resume.")
    Act.objects.create(actor=actor, act="resume", subscription=name, reason=reason)
    dispatch.after_commit()


@transaction.atomic
def at_work(name: str) -> bool:
    """Whether a batch or a call of the subscription is under way."""
    lanes = Checkpoint.objects.filter(subscription=name)
    free = lanes.select_for_update(skip_locked=True).values_list("pk", flat=True)
    calls = Delivery.objects.filter(
        subscription=name, state=Delivery.State.CLAIMED, due_at__gt=timezone.now()
    )
    return len(free) < lanes.count() or calls.exists()


def need(name: str) -> None:
    """Raise UnknownSubscription where neither this process nor the database knows the name."""
    known = {subscription.name for subscription in subscriptions()}
    if name not in known and not Checkpoint.objects.filter(subscription=name).exists():
        raise UnknownSubscription(
            f"There is no subscription {name!r}; there are: {', '.join(sorted(known))}."
        )
