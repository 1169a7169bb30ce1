"""Publishing: one INSERT in the caller's transaction.

    with transaction.atomic():
        order.save()
        publish(OrderPlaced(order_id=order.id, total=order.total))

The business change and its message commit or vanish together. Nothing is sent anywhere: delivery finds the
message in the log after the commit.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID
from zlib import crc32

from django.db import transaction
from django.utils import timezone

from eventbus import cluster, dispatch, observing, purity, sql
from eventbus.context import Draft, current_cause, note_ids
from eventbus.errors import ConcurrencyError, NoTransaction
from eventbus.messages import Command, Event, Message
from eventbus.preparing import preparing_cursor
from eventbus.registry import encode

SHARDS = 256


def publish(*events: Event, revision: int | None = None) -> list[UUID]:
    """Append facts to the log and return their ids.

    revision: for an event-sourced stream, the gapless number of the first event (they start at 1).
    Raises NoTransaction outside transaction.atomic, ConcurrencyError where the revision exists already.

    Example:

        with transaction.atomic():
            Order.objects.create(id=ORDER, total=4200)
            publish(OrderPlaced(order_id=ORDER, total=4200), revision=1)
    """
    cause = current_cause()
    numbers = [None] * len(events) if revision is None else range(revision, revision + len(events))
    return append([Draft(event, cause, number) for event, number in zip(events, numbers, strict=True)])


def send(*commands: Command) -> list[UUID]:
    """Append requests to the log and return their ids. Raises NoTransaction outside transaction.atomic.

    Example:

        with transaction.atomic():
            (message_id,) = send(ReserveStock(order_id=ORDER))
    """
    cause = current_cause()
    return append([Draft(command, cause) for command in commands])


def append(drafts: Sequence[Draft]) -> list[UUID]:
    """Append messages in one round trip."""
    if not drafts:
        return []
    _check_transaction(drafts[0].message)
    cluster.verify()
    with observing.publishing(drafts) as sent:
        _insert(sent)
    observing.published(sent)
    dispatch.after_commit()
    ids = [draft.id for draft in sent]
    note_ids(drafts[0].cause, ids)
    return ids


def _insert(drafts: Sequence[Draft]) -> None:
    now = timezone.now()
    rows = [_row(draft, now) for draft in drafts]
    statement = sql.APPEND if drafts[0].revision is None else sql.APPEND_REVISION
    with preparing_cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(statement, rows[0])
        else:
            cursor.executemany(statement, rows)
        if cursor.rowcount != len(rows):
            _refuse(drafts[0])


def _check_transaction(message: Message) -> None:
    if purity.folding():
        raise purity.impure(f"published {type(message).__name__}")
    if not transaction.get_connection().in_atomic_block:
        raise NoTransaction(
            f"{type(message).__name__} was published outside a transaction: it could be announced although "
            f"the change it tells of is rolled back. Publish inside transaction.atomic, beside the change."
        )


def _row(draft: Draft, now: datetime) -> dict[str, Any]:
    message, cause, uuid = draft.message, draft.cause, draft.id
    contract, stream = message.contract, message.stream
    return {
        "id": uuid,
        "kind": contract.kind,
        "type": contract.name,
        "version": contract.version,
        "stream": stream,
        "revision": draft.revision,
        "shard": shard_of(stream),
        "data": encode(message),
        "headers": json.dumps(cause.headers) if cause.headers else "{}",
        "correlation_id": cause.correlation_id or uuid,
        "causation_id": cause.causation_id,
        "occurred_at": cause.occurred_at or now,
    }


def shard_of(stream: str) -> int:
    """The stable shard (0 to 255) of a stream."""
    return crc32(stream.encode()) % SHARDS


def _refuse(first: Draft) -> NoReturn:
    """Give the transaction up: what it has written beside the message must not stay without it."""
    transaction.set_rollback(True)
    raise ConcurrencyError(
        f"{first.message.stream} is not where revision {first.revision} follows: somebody else changed it "
        f"meanwhile. Load it again and decide again."
    )
