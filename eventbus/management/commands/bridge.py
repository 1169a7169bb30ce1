"""manage.py bridge: carry messages to and from the rooms that run elsewhere."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eventbus.bridge.handover import NotQuiet, hand_over
from eventbus.bridge.running import Bridge
from eventbus.errors import EventBusError


class Command(BaseCommand):
    """Runs until it is told to stop."""

    help = 'Carry messages over EVENTBUS["BRIDGE"], both ways. Several may run: all send, one receives.'

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        tells = "end the lanes of rooms that have moved, begin those of this process now, and carry nothing"
        parser.add_argument("--hand-over", action="store_true", help=tells)

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry until SIGTERM or Ctrl-C."""
        if options["hand_over"]:
            self._hand_over()
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            Bridge(stop).run()
        except EventBusError as refusal:
            raise CommandError(str(refusal)) from refusal

    def _hand_over(self) -> None:
        try:
            new, gone = hand_over()
        except NotQuiet as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"begin now: {', '.join(new) or 'none'}; ended: {', '.join(gone) or 'none'}")
