"""manage.py rebuild_projections: fold the log again and put the rows in place, while the shop is open."""

import getpass
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from eventbus import rebuilding
from eventbus.checkpoints import ensure_checkpoints
from eventbus.errors import EventBusError
from eventbus.log import last_position
from eventbus.projections import Projection
from eventbus.replay import Differences
from eventbus.subscriptions import subscriptions

INTERRUPTED = 130


class Command(BaseCommand):
    """Rebuilds projections from the log."""

    help = "Rebuild projections from the log, all or those named, while readers and publishers go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("names", nargs="*", metavar="NAME", help="e.g. orders.order_history; default all")
        parser.add_argument("--outdated", action="store_true", help="only those whose version was raised")
        parser.add_argument(
            "--check", action="store_true", help="compare, change nothing, exit 1 on a difference"
        )
        parser.add_argument("--throttle", type=int, metavar="N", help="read at most N messages a second")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild or compare, in one pass over the log."""
        ensure_checkpoints()
        if not (chosen := _chosen(options["names"], outdated=options["outdated"])):
            self.stdout.write("No projection is outdated.")
            return
        found = self._run(chosen, check=options["check"], throttle=options["throttle"])
        if options["check"] and any(found):
            sys.exit(1)

    def _run(self, chosen: list[type[Projection]], *, check: bool, throttle: int | None) -> list[Differences]:
        found: list[Differences] = []
        with tqdm(total=last_position(), unit=" messages", file=self.stderr, leave=False) as bar:
            pace = Pace(bar, throttle)
            try:
                if check:
                    rebuilding.check(chosen, progressed=pace, compared=found.append)
                else:
                    rebuilding.rebuild(
                        chosen, actor=getpass.getuser(), progressed=pace, compared=found.append
                    )
            except EventBusError as error:
                raise CommandError(str(error)) from error
            except KeyboardInterrupt:
                bar.close()
                self.stderr.write(
                    "Stopped. The live rows are as they were; started again, it goes on from here."
                )
                sys.exit(INTERRUPTED)
        for differences in found:
            self._report(differences, check=check)
        return found

    def _report(self, differences: Differences, *, check: bool) -> None:
        if differences:
            self.stdout.write(
                str(differences) if check else f"{differences}\n{differences.projection} rebuilt."
            )
        else:
            done = "equals the log" if check else "rebuilt, as it was"
            self.stdout.write(f"{differences.projection} {done}.")


class Pace:
    """Moves the bar to the position reached, and waits where the log is read faster than allowed."""

    def __init__(self, bar: "tqdm[Any]", per_second: int | None) -> None:
        self.bar = bar
        self.per_second = per_second
        self.started = time.monotonic()

    def __call__(self, position: int) -> None:
        """The log was read up to `position`."""
        self.bar.update(max(0, position - self.bar.n))
        if self.per_second:
            time.sleep(max(0.0, self.started + self.bar.n / self.per_second - time.monotonic()))


def _chosen(names: list[str], *, outdated: bool) -> list[type[Projection]]:
    known = {s.name: s.consumer for s in subscriptions() if s.queue == "projections"}
    if unknown := set(names) - set(known):
        raise CommandError(f"No projection {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
    chosen = [known[name] for name in names or known]
    return rebuilding.outdated(chosen) if outdated else chosen
