# mypy: disable-error-code="import-not-found, import-untyped"
# The package is there only in a peer's own process.
"""django-outbox-pattern: a row per message in the transaction, sent on by `manage.py publish`."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from tests.benchmarks.systems.contract import Count
from tests.benchmarks.systems.effects import count_once_more

DESTINATION = "tally"


class Carrier:
    """Stands for the STOMP broker and the consumer behind it: what is sent is handled at once.

    So no broker's time is measured, and the handler's upsert shares the sender's transaction.
    """

    def __init__(self, **_: Any) -> None:
        self.connected = False

    def connect(self, **_: Any) -> None:
        """Connect to nothing."""
        self.connected = True

    def disconnect(self) -> None:
        """Leave."""
        self.connected = False

    def is_connected(self) -> bool:
        """Whether it was told to connect."""
        return self.connected

    def send(self, body: str, destination: str, **_: Any) -> None:
        """Handle a message."""
        count = json.loads(body)
        count_once_more(count["counter"], count["number"])


def prepare() -> None:
    """The migrations are all it needs."""


def publish(count: Count) -> None:
    """Store one message, in the open transaction."""
    from django_outbox_pattern.models import Published  # noqa: PLC0415  (the worker loads Carrier first)

    Published.objects.create(destination=DESTINATION, body=count._asdict())


def fill(counts: Iterable[Count]) -> None:
    """Store one message after another: its save() is what makes the headers."""
    with transaction.atomic():
        for count in counts:
            publish(count)
