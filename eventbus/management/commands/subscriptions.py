"""manage.py subscriptions: who listens, how far behind, and what a person has paused."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from eventbus import pausing
from eventbus.doctor.reading import unread
from eventbus.errors import EventBusError
from eventbus.models import Pause
from eventbus.subscriptions import subscriptions


class Command(BaseCommand):
    """Lists, pauses and resumes subscriptions."""

    help = "Subscriptions: which there are and how far behind, and pausing and resuming them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the acts and their options."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="list|pause|resume")
        acts.add_parser("list", help="every subscription, and what it has not read")
        for act, says in (("pause", "hand nothing more to them"), ("resume", "let them go on")):
            one = acts.add_parser(act, help=says)
            one.add_argument("names", nargs="+", metavar="NAME", help="such as orders.order_history")
            one.add_argument("--actor", default="", help="who decides; default the account that runs this")
            one.add_argument("--reason", default="", required=act == "pause", help="why; kept with the act")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one act."""
        if options["act"] == "list":
            self._list()
            return
        actor = options["actor"] or getpass.getuser()
        decide = pausing.pause if options["act"] == "pause" else pausing.resume
        try:
            for name in options["names"]:
                decide(name, actor=actor, reason=options["reason"])
                self.stdout.write(f"{name}: {options['act'].removesuffix('e')}ed.")
        except EventBusError as refusal:
            raise CommandError(str(refusal)) from refusal

    def _list(self) -> None:
        behind = unread()
        paused = {pause.subscription: pause for pause in Pause.objects.all()}
        for subscription in subscriptions():
            wait = behind.get(subscription.name)
            state = f"has not read {wait}" if wait else "up to date"
            if pause := paused.get(subscription.name):
                state += f", paused {_moment(pause.at)} by {pause.actor}: {pause.reason}"
            self.stdout.write(f"{subscription.name}  {subscription.queue}  {state}")


def _moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
