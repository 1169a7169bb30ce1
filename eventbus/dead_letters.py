"""Dead letters: messages that a handler could not take. Their stream waits for a person's decision."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from eventbus.models import Delivery


def dead_letters(subscription: str = "") -> list[Delivery]:
    """The dead letters, oldest first, of one subscription or of all."""
    dead = Delivery.objects.filter(state=Delivery.State.DEAD).select_related("message").order_by("message_id")
    return list(dead.filter(subscription=subscription) if subscription else dead)


def retry(delivery_ids: Iterable[int]) -> int:
    """Give dead letters their full number of attempts again, from now; returns how many."""
    dead = Delivery.objects.filter(pk__in=list(delivery_ids), state=Delivery.State.DEAD)
    return dead.update(state=Delivery.State.WAITING, attempts=0, due_at=timezone.now())


@transaction.atomic
def discard(delivery_ids: Iterable[int]) -> int:
    """Give dead letters up: the handler never gets them, and their streams go on; returns how many."""
    deleted, _ = Delivery.objects.filter(pk__in=list(delivery_ids), state=Delivery.State.DEAD).delete()
    return deleted
