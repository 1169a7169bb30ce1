"""Prove that the stock counters are what the ledger adds up to."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import StockItem
from inventory.queries import ledger_differences


class Command(BaseCommand):
    """Exit with 1, and name the SKUs, when counters and ledger differ."""

    help = "Compare every stock counter with its ledger and the open reservations."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, and say what was found."""
        differences = ledger_differences()
        if differences:
            found = "\n".join(f"  {difference}" for difference in differences)
            raise CommandError(f"{len(differences)} SKUs differ:\n{found}")
        self.stdout.write(f"{StockItem.objects.count()} SKUs: every counter equals its ledger.")
