"""Calling out: external handlers, one delivery at a time and never inside a transaction.

A worker claims a delivery (the attempt is counted, a lease with a token begins), calls out, then records the
result and settles the delivery in one transaction. The token fences it: who has lost the lease settles
nothing, and hears about it. The claim also asks the breaker of the subscription's dependency (breakers.py),
in the same statement.
"""

from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from msgspec import Struct

from eventbus import breakers, cluster, guards, log, observing, sql
from eventbus.context import handling
from eventbus.errors import DependencyDown, EventBusError, LeaseLost, Reject
from eventbus.lanes import TRIES_AT_LOCKS, after_failure, need_known
from eventbus.messages import Envelope
from eventbus.models import Delivery
from eventbus.preparing import binding_cursor, rows_by_index
from eventbus.subscriptions import Record, Subscription, invoke


class Lease(Struct, frozen=True):
    """A delivery that is ours until the lease ends.

    failures: how often its dependency has failed in a row. probe: the end of the lease on the dependency's
    breaker, where this call is to find out whether the dependency is back.
    """

    delivery_id: int
    token: UUID
    attempts: int
    outages: int
    failures: int
    probe: datetime | None
    envelope: Envelope


def call_out(subscription: Subscription, now: datetime) -> Generator[Envelope]:
    """Work off what is due, one call after the other; yields each message called out for.

    now: when this begins; the time that calls take is added to it.
    """
    clock = _clock(now)
    while lease := claim(subscription, clock()):
        try:
            began = monotonic()
            record = call(subscription, lease)
            if lease.failures:
                breakers.answered(subscription.dependency, clock(), probe=lease.probe)
            settle(subscription, lease, record)
            observing.handled(subscription, [lease.envelope], monotonic() - began, lease.attempts)
        except LeaseLost:
            raise
        except Exception as failure:
            give_back(subscription, lease, failure, clock())
        yield lease.envelope


def _clock(now: datetime) -> Callable[[], datetime]:
    began = monotonic()
    return lambda: now + timedelta(seconds=monotonic() - began)


def claim(subscription: Subscription, now: datetime) -> Lease | None:
    """Take the next due delivery for the length of the subscription's lease, if there is one.

    There is none while the breaker of its dependency is open.
    """
    cluster.verify()
    token, until = uuid4(), now + timedelta(seconds=subscription.lease_seconds)
    parameters: dict[str, Any] = {
        "subscription": subscription.name,
        "dependency": subscription.dependency,
        "ordered": subscription.ordered,
        "now": now,
        "token": token,
        "lease_until": until,
    }
    rows = rows_by_index(sql.CLAIM_DELIVERY, parameters)
    if not rows:
        return None
    delivery_id, attempts, outages, failures, probes, *columns = rows[0]
    probe = until if probes else None
    return Lease(delivery_id, token, attempts, outages, failures, probe, log.envelope(columns))


def call(subscription: Subscription, lease: Lease) -> Record | None:
    """Run the handler outside any transaction.

    Raises what the handler raises, and Reject for a message whose calls never came to an end.
    """
    if connection.in_atomic_block:
        raise EventBusError(
            f"{subscription.name} would call out inside a transaction, and hold its locks for as long as the "
            f"other side takes. Deliver external handlers outside transaction.atomic."
        )
    if lease.attempts > subscription.attempts:
        raise Reject(
            f"{subscription.name} was called {subscription.attempts} times for message "
            f"{lease.envelope.position} and never came back: its worker died, or the call outlived its lease "
            f"of {subscription.lease_seconds:g} s. Find out why before retrying it."
        )
    need_known(subscription, lease.envelope)
    with (
        observing.processing(subscription, [lease.envelope], lease.attempts) as (envelope,),
        guards.running(subscription.name),
        handling(envelope),
    ):
        result: Record | None = invoke(subscription.consumer.call, envelope)
    return result


def settle(subscription: Subscription, lease: Lease, record: Record | None) -> None:
    """Record the result and end the delivery, together; raises LeaseLost when it is no longer ours.

    A deadlock is nobody's fault, and no reason to call again.
    """
    for _ in range(TRIES_AT_LOCKS):
        try:
            return _settle(subscription, lease, record)
        except OperationalError:
            if connection.in_atomic_block:
                raise
    return _settle(subscription, lease, record)


def _settle(subscription: Subscription, lease: Lease, record: Record | None) -> None:
    with (
        observing.settling(subscription, [lease.envelope], lease.attempts) as (envelope,),
        transaction.atomic(),
        guards.running(subscription.name),
        handling(envelope),
    ):
        with binding_cursor() as cursor:
            cursor.execute(sql.END_DELIVERY, [lease.delivery_id, lease.token])
            if not cursor.rowcount:
                raise lease_lost(subscription, lease)
        if record:
            record()


def give_back(subscription: Subscription, lease: Lease, failure: Exception, now: datetime) -> None:
    """Let go of a delivery whose call has failed, for another try or for a person.

    Raises LeaseLost when it is no longer ours.
    """
    details = after_failure(subscription, failure, now, attempts=lease.attempts - 1, outages=lease.outages)
    if isinstance(failure, DependencyDown):
        dependency = breakers.blamed(subscription, failure)
        if lease.probe or not lease.outages:
            opened = breakers.failed(dependency, failure, now, probe=lease.probe)
            details["due_at"] = opened or details["due_at"]
    if lease.probe:
        breakers.undecided(subscription.dependency, now, probe=lease.probe)
    if not _ours(lease).update(**details):
        raise lease_lost(subscription, lease) from failure
    observing.failed(subscription, lease.envelope, failure, details)


def _ours(lease: Lease) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=lease.delivery_id, token=lease.token)


def lease_lost(subscription: Subscription, lease: Lease) -> LeaseLost:
    """The error for a call that somebody else has taken over meanwhile."""
    return LeaseLost(
        f"{subscription.name} took longer than its lease of {subscription.lease_seconds:g} s for "
        f"message {lease.envelope.position}; another worker has it now. "
        f"Raise lease_seconds above the longest call."
    )
