"""One breaker per dependency, shared by all workers through the database.

A dependency (`@handles(external=True, dependency="carrier")`) that fails a few messages in a row opens its
breaker; one message that fails again and again says more about itself, and only waits longer each time.
While a breaker is open nothing is claimed for the subscriptions that name its dependency, and the relay does
not wake them. When its time is over, the claim of one delivery (sql.CLAIM_DELIVERY) takes the breaker as
well: that call is the probe, and nobody else calls meanwhile. Its answer closes the breaker and makes
everything that waited due at once; its failure opens it again, for longer.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Least
from django.utils import timezone

from eventbus import dispatch
from eventbus.errors import DependencyDown, EventBusError
from eventbus.models import Act, Breaker, Delivery
from eventbus.retry import dependency_backoff
from eventbus.subscriptions import Subscription, subscriptions

FAILURES_TO_OPEN = 3
logger = logging.getLogger(__name__)


def blamed(subscription: Subscription, failure: DependencyDown) -> str:
    """The dependency that a failure of `subscription` counts against.

    The one it names, where any subscription has declared that name; else the subscription's own, so that a
    breaker which nobody would ever probe is never opened.
    """
    declared = {other.dependency for other in subscriptions() if other.external}
    return str(failure) if str(failure) in declared else subscription.dependency


@transaction.atomic
def failed(
    dependency: str, failure: DependencyDown, now: datetime, *, probe: datetime | None
) -> datetime | None:
    """Count a failure, and open the breaker after FAILURES_TO_OPEN of them; returns until when it is open.

    probe: the end of the lease that the failing call held on the breaker, if it was the probe. While the
    breaker is open only the probe's failure counts: those that began before it opened tell nothing new.
    """
    Breaker.objects.bulk_create([Breaker(dependency=dependency)], ignore_conflicts=True)
    breaker = Breaker.objects.select_for_update().get(pk=dependency)
    if breaker.open_until and breaker.open_until > now and breaker.open_until != probe:
        return breaker.open_until
    breaker.failures += 1
    if breaker.failures >= FAILURES_TO_OPEN:
        breaker.open_until = now + dependency_backoff(breaker.failures - FAILURES_TO_OPEN + 1)
    breaker.error, breaker.updated_at = str(failure.__cause__ or failure), now
    breaker.save()
    if breaker.open_until:
        said = {"dependency": dependency, "reason": breaker.error}
        transaction.on_commit(lambda: logger.warning("breaker_opened", extra=said), robust=True)
    return breaker.open_until


def answered(dependency: str, now: datetime, *, probe: datetime | None) -> None:
    """Forget the failures counted so far; the probe's answer closes the breaker.

    An answer to a call that began before the breaker opened does not close it.
    """
    breaker = Breaker.objects.filter(Q(open_until=None) | Q(open_until=probe), pk=dependency, failures__gt=0)
    if breaker.update(failures=0, open_until=None, updated_at=now) and probe:
        _make_due(dependency, now)
        logger.info("breaker_closed", extra={"dependency": dependency})


def _make_due(dependency: str, now: datetime) -> None:
    """Let everything that waited for the dependency go out at once."""
    names = [s.name for s in subscriptions() if s.dependency == dependency]
    waiting = Delivery.objects.filter(subscription__in=names, state=Delivery.State.WAITING, outages__gt=0)
    waiting.update(due_at=Least("due_at", Value(now)), outages=0)


@transaction.atomic
def hold_open(dependency: str, until: datetime, *, actor: str, reason: str) -> None:
    """Call nobody of that dependency before `until`; then one call probes it. What waits, waits in order.

    Raises EventBusError where there is no reason, or nobody calls a dependency of that name.
    """
    _need(dependency, actor, "open", reason)
    Breaker.objects.update_or_create(
        dependency=dependency,
        defaults={
            "failures": FAILURES_TO_OPEN,
            "open_until": until,
            "error": f"Opened by {actor}: {reason}",
            "updated_at": timezone.now(),
        },
    )
    Act.objects.create(actor=actor, act="open breaker", subscription=dependency, reason=reason)


@transaction.atomic
def close(dependency: str, *, actor: str, reason: str) -> None:
    """Call the dependency again at once, whatever it answered lately; its failures are forgotten.

    Raises EventBusError where there is no reason, or nobody calls a dependency of that name.
    """
    _need(dependency, actor, "close", reason)
    now = timezone.now()
    Breaker.objects.filter(pk=dependency).update(failures=0, open_until=None, error="", updated_at=now)
    _make_due(dependency, now)
    Act.objects.create(actor=actor, act="close breaker", subscription=dependency, reason=reason)
    dispatch.after_commit()


def _need(dependency: str, actor: str, act: str, reason: str) -> None:
    known = sorted({s.dependency for s in subscriptions() if s.dependency})
    if dependency not in known:
        raise EventBusError(f"Nobody calls {dependency!r}; dependencies are: {', '.join(known) or 'none'}.")
    if not reason.strip():
        raise EventBusError(f"{actor} would {act} the breaker of {dependency} without a reason. Say why.")


def undecided(dependency: str, now: datetime, *, probe: datetime) -> None:
    """Let the next delivery probe at once: this one's failure says nothing about the dependency."""
    Breaker.objects.filter(pk=dependency, open_until=probe).update(open_until=now)
