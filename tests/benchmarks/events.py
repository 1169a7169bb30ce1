"""The message that is delivered: about half a kilobyte, as an order's is."""

from eventbus import Event


class Tallied(Event, name="benchmarks.tallied", key="counter"):
    """A counter was counted."""

    counter: str
    number: int
    note: str = "x" * 300
