"""What orders refuses it would refuse again: no retry can help."""

from collections.abc import Generator
from contextlib import contextmanager

from eventbus import Reject
from orders.errors import OrdersError


@contextmanager
def refusals() -> Generator[None]:
    """End the message at once, with the sentence of what was refused."""
    try:
        yield
    except OrdersError as refusal:
        raise Reject(str(refusal)) from refusal
