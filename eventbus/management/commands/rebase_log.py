"""manage.py rebase_log: let a log that was restored into another Postgres cluster go on there."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eventbus.checkpoints import ensure_checkpoints
from eventbus.errors import RestoredCluster
from eventbus.rebasing import rebase


class Command(BaseCommand):
    """Re-bases the log, or says that there is nothing to do."""

    help = "After a dump was restored into another cluster: make the log and its checkpoints valid there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Re-base, and say how much changed."""
        dry_run = options["dry_run"]
        try:
            rebase(getpass.getuser(), dry_run=dry_run, said=self.stdout.write)
        except RestoredCluster as refusal:
            raise CommandError(str(refusal)) from refusal
        if dry_run:
            self.stdout.write("Nothing was changed.")
            return
        ensure_checkpoints()
        self.stdout.write("Re-based. Deliveries go on by themselves.")
