"""manage.py bridge: carry messages to and from the rooms that run elsewhere."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eventbus.bridge.running import Bridge
from eventbus.errors import EventBusError


class Command(BaseCommand):
    """Runs until it is told to stop."""

    help = 'Carry messages over EVENTBUS["BRIDGE"], both ways. Several may run: all send, one receives.'

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry until SIGTERM or Ctrl-C."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            Bridge(stop).run()
        except EventBusError as refusal:
            raise CommandError(str(refusal)) from refusal
