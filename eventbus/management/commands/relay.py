"""manage.py relay: wake the workers whose lanes have work."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from eventbus.relay import Relay


class Command(BaseCommand):
    """Runs until it is told to stop."""

    help = "Watch the log and wake the workers. Several may run; one leads."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the relay until SIGTERM or Ctrl-C."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Relay(stop).run()
