"""manage.py staff_roles."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from config.staff.roles import UnknownPermission, bring_up_to_date


class Command(BaseCommand):
    """Makes the roles of the staff, or brings them up to date; who has which role stays as it is."""

    help = "Make the roles Sales, Warehouse, Finance, Catalogue and Operations, or mend their rights."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say of each role what was given to it and what was taken."""
        try:
            changes = bring_up_to_date()
        except UnknownPermission as unknown:
            raise CommandError(str(unknown)) from None
        for change in changes:
            told = [f"+ {name}" for name in change.given] + [f"- {name}" for name in change.taken]
            self.stdout.write(f"{change.role}: {', '.join(told) or 'as it was'}")
