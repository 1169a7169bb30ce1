"""manage.py eventbus_doctor: what ails the bus, and what to do about it."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from eventbus.doctor import examine, worst


class Command(BaseCommand):
    """Examines the bus; changes nothing."""

    help = "Examine the bus. Exits 0 when all is well, 1 with warnings, 2 when something is critical."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every finding, and exit by the worst."""
        findings = examine()
        severity = worst(findings)
        if options["json"]:
            report = {"severity": severity.name.lower(), "findings": [f.as_json() for f in findings]}
            self.stdout.write(json.dumps(report, indent=2))
        else:
            for finding in findings:
                self.stdout.write(str(finding))
        if severity:
            sys.exit(severity)
