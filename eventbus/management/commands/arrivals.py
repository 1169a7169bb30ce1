"""manage.py arrivals: what came in over the bridge and could not be taken, and what a person decides."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from eventbus.bridge import inbox
from eventbus.errors import EventBusError
from eventbus.lanes import headline
from eventbus.models import Arrival


class Command(BaseCommand):
    """Lists, shows, retries and discards arrivals that are held."""

    help = "Arrivals: messages from the bridge that are parked or refused, and what waits behind them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the acts and their options."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="list|show|retry|discard")
        acts.add_parser("list", help="what is held, oldest first")
        for name, needs_reason, tells in (
            ("show", False, "everything about these"),
            ("retry", False, "try to take them again, and what waits behind them"),
            ("discard", True, "give them up: nobody here gets them, and their streams go on"),
        ):
            act = acts.add_parser(name, help=tells)
            act.add_argument("ids", nargs="+", type=int, metavar="ID")
            act.add_argument("--actor", default="", help="who decides it; default the account that runs this")
            act.add_argument("--reason", default="", required=needs_reason, help="why; kept with the act")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one act."""
        actor = options.get("actor") or getpass.getuser()
        try:
            match options["act"]:
                case "list":
                    self._list()
                case "show":
                    self._show(options["ids"])
                case "retry":
                    taken = inbox.retry(options["ids"], actor=actor, reason=options["reason"])
                    self.stdout.write(f"{taken} taken.")
                case _:
                    gone = inbox.discard(options["ids"], actor=actor, reason=options["reason"])
                    self.stdout.write(f"{gone} discarded.")
        except EventBusError as refusal:
            raise CommandError(str(refusal)) from refusal

    def _list(self) -> None:
        held = list(Arrival.objects.filter(state__in=inbox.HELD).order_by("pk"))
        for one in held:
            said = headline(one.error)
            self.stdout.write(f"{one.pk}  {one.state}  {one.type or 'unreadable'}  {one.stream}  {said}")
        if not held:
            self.stdout.write("Nothing is held.")

    def _show(self, ids: list[int]) -> None:
        for one in Arrival.objects.filter(pk__in=ids).order_by("pk"):
            self.stdout.write(
                f"{one}\nfrom {one.source}, {timezone.localtime(one.arrived_at):%Y-%m-%d %H:%M:%S}\n"
                f"{one.error}\n{one.body}\n"
            )
