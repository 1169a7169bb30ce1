"""How checkouts go, counted where orders are: a side that was split out has none."""

import re
from collections.abc import Sequence
from typing import Any

from prometheus_client import Counter

from eventbus import Observer
from orders.events import OrderCancelled, OrderConfirmed, OrderPlaced

CHECKOUTS = Counter("shop_checkouts", "Orders placed, confirmed, or cancelled for a reason.", ["outcome"])
_REASON = re.compile(r"[a-z_]{1,40}")


class Checkouts(Observer):
    """Counts what becomes of checkouts; history that is imported is none."""

    def published(self, drafts: Sequence[Any]) -> None:
        """Count what the messages say about it."""
        for draft in drafts:
            if outcome := outcome_of(draft.message) if draft.cause.occurred_at is None else "":
                CHECKOUTS.labels(outcome).inc()


def outcome_of(message: object) -> str:
    """What a message says about how a checkout goes; nothing where it says nothing of it."""
    if isinstance(message, OrderPlaced):
        return "placed"
    if isinstance(message, OrderConfirmed):
        return "confirmed"
    if isinstance(message, OrderCancelled):  # a processor's reason is in its own words
        return message.reason if _REASON.fullmatch(message.reason) else "other"
    return ""
