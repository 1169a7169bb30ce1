"""Calling out: external handlers, one delivery at a time and never inside a transaction.

A worker claims a delivery (the attempt is counted, a lease with a token begins), calls out, then records the
result and settles the delivery in one transaction. The token fences it: who has lost the lease settles
nothing, and hears about it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from msgspec import Struct

from eventbus import log, sql
from eventbus.context import handling
from eventbus.errors import DependencyDown, EventBusError, LeaseLost, UnknownMessage
from eventbus.lanes import after_failure, describe
from eventbus.log import Undecodable
from eventbus.messages import Envelope
from eventbus.models import Delivery
from eventbus.retry import dependency_backoff
from eventbus.subscriptions import Record, Subscription, invoke


class Lease(Struct, frozen=True):
    """A delivery that is ours until the lease ends."""

    delivery_id: int
    token: UUID
    attempts: int
    outages: int
    envelope: Envelope


def call_out(subscription: Subscription, now: datetime) -> Iterator[Envelope]:
    """Work off what is due, one call after the other; yields each message called out for."""
    while lease := claim(subscription, now):
        try:
            settle(subscription, lease, call(subscription, lease))
        except LeaseLost:
            raise
        except Exception as failure:
            give_back(subscription, lease, failure, now)
        yield lease.envelope


def claim(subscription: Subscription, now: datetime) -> Lease | None:
    """Take the next due delivery for the length of the subscription's lease, if there is one."""
    token = uuid4()
    parameters: dict[str, Any] = {
        "subscription": subscription.name,
        "ordered": subscription.ordered,
        "now": now,
        "token": token,
        "lease_until": now + timedelta(seconds=subscription.lease_seconds),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.CLAIM_DELIVERY, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    delivery_id, attempts, outages, *columns = row
    return Lease(delivery_id, token, attempts, outages, log.envelope(columns))


def call(subscription: Subscription, lease: Lease) -> Record | None:
    """Run the handler outside any transaction."""
    if connection.in_atomic_block:
        raise EventBusError(
            f"{subscription.name} would call out inside a transaction, and hold its locks for as long as the "
            f"other side takes. Deliver external handlers outside transaction.atomic."
        )
    if isinstance(lease.envelope.message, Undecodable):
        raise UnknownMessage(lease.envelope.message.error)
    with handling(lease.envelope):
        result: Record | None = invoke(subscription.consumer.call, lease.envelope)
    return result


def settle(subscription: Subscription, lease: Lease, record: Record | None) -> None:
    """Record the result and end the delivery, together; raises LeaseLost when it is no longer ours."""
    with transaction.atomic(), handling(lease.envelope):
        deleted, _ = Delivery.objects.filter(pk=lease.delivery_id, token=lease.token).delete()
        if not deleted:
            raise LeaseLost(
                f"{subscription.name} took longer than its lease of {subscription.lease_seconds:g} s for "
                f"message {lease.envelope.position}; another worker has it now. "
                f"Raise lease_seconds above the longest call."
            )
        if record:
            record()


def give_back(subscription: Subscription, lease: Lease, failure: Exception, now: datetime) -> None:
    """Let go of a delivery whose call has failed, for another try or for a person."""
    ours = Delivery.objects.filter(pk=lease.delivery_id, token=lease.token)
    before = lease.attempts - 1
    if isinstance(failure, DependencyDown):
        ours.update(
            state=Delivery.State.WAITING,
            token=None,
            attempts=before,
            outages=lease.outages + 1,
            due_at=now + dependency_backoff(lease.outages + 1),
            error=describe(failure),
        )
    else:
        ours.update(**after_failure(subscription, failure, before, now))
