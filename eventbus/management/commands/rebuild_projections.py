"""manage.py rebuild_projections: fold the log again, and compare or replace the rows."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from eventbus.lanes import ensure_checkpoints
from eventbus.projections import Projection
from eventbus.replay import Differences, compare, rebuild
from eventbus.subscriptions import subscriptions


class Command(BaseCommand):
    """Rebuilds projections from the log."""

    help = "Rebuild projections from the log, all or those named; --check only compares."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("names", nargs="*", metavar="NAME", help="e.g. orders.order_history; default all")
        parser.add_argument(
            "--check", action="store_true", help="compare, change nothing, exit 1 on a difference"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild or compare each projection in turn."""
        ensure_checkpoints()
        known = {s.name: s.consumer for s in subscriptions() if s.queue == "projections"}
        if unknown := set(options["names"]) - set(known):
            raise CommandError(f"No projection {', '.join(sorted(unknown))}. There are: {', '.join(known)}.")
        names = options["names"] or list(known)
        found = [self._one(known[name], check=options["check"]) for name in names]
        if options["check"] and any(found):
            sys.exit(1)

    def _one(self, projection: type[Projection], *, check: bool) -> Differences:
        with tqdm(desc=projection.name, unit=" messages", file=self.stderr, leave=False) as bar:
            differences = (compare if check else rebuild)(projection, bar.update)
        done = "equals the log" if check else "was as the log says" if not differences else "rebuilt"
        self.stdout.write(str(differences) if differences else f"{projection.name} {done}.")
        return differences
