"""A worker that is killed between a handler's effect and the checkpoint."""

import os
import signal

import django

django.setup()

from eventbus import Command, Event, drain  # noqa: E402
from tests.eventbus import toys  # noqa: E402


def take_effect_and_die(message: Event | Command) -> None:
    """Change a row, and be killed before the commit."""
    toys.CounterRow.objects.create(counter="effect")
    os.kill(os.getpid(), signal.SIGKILL)


toys.behaviour["listener"] = take_effect_and_die
drain()
