"""`manage.py reset_second_factor`: let somebody in who has lost their phone and their recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.accounts.models import SecondFactor
from config.accounts.second_factor import services


class Command(BaseCommand):
    """For the last administrator; anybody else's is reset in the admin."""

    help = "Take a user's second factor away, so that they can set up another one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose."""
        parser.add_argument("username")

    def handle(self, *, username: str, **options: Any) -> None:
        """Reset it, and say so."""
        factor = SecondFactor.objects.filter(user__username=username, confirmed=True).first()
        if factor is None:
            raise CommandError(f"There is no user {username} with a second factor.")
        services.reset(factor.user)
        self.stdout.write(f"{username} now logs in without a second factor, or sets up another one.")
