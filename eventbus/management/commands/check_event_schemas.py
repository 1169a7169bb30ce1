"""manage.py check_event_schemas: whether every message that was ever published can still be read."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from eventbus.contracts.checking import check, record
from eventbus.contracts.files import published_classes


class Command(BaseCommand):
    """Compares the message classes with the contracts that are committed; reads no database."""

    help = "Check that today's messages keep every committed contract. Exits 1 where one is broken."
    requires_system_checks: list[str] = []  # noqa: RUF012  (Django's own type)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--write", action="store_true", help="commit shapes that are new and break nothing to files first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each breach with its remedy, and exit 1 where there is one."""
        if options["write"]:
            for name in record():
                self.stdout.write(f"written: {name}")
        findings = check()
        for finding in findings:
            self.stdout.write(str(finding))
        if findings:
            sys.exit(1)
        self.stdout.write(f"{len(published_classes())} messages keep their contracts.")
