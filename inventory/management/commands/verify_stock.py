"""Prove that the stock counters are what the ledger adds up to, and what the open reservations hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import StockItem
from inventory.queries import ledger_differences


class Command(BaseCommand):
    """Exit with 1, and say which SKU is off by how much, when counters, ledger and reservations differ."""

    help = "Compare every stock counter with its ledger and the open reservations."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, and say what was found."""
        differences = ledger_differences()
        if differences:
            found = "\n".join(f"  {difference}" for difference in differences)
            raise CommandError(f"SKUs that differ: {len(differences)}\n{found}", returncode=1)
        count = StockItem.objects.count()
        self.stdout.write(f"SKUs: {count}; every counter equals its ledger and what is held for orders.")
