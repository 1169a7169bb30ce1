"""`manage.py api_token`: let a program use the API for somebody."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from config.api.tokens import issue_token


class Command(BaseCommand):
    """Prints a new token, once."""

    help = "Issue a token by which a program uses the API for a user."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For whom, what for, and for how long."""
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="what the program is called")
        parser.add_argument("--days", type=int, default=90, help="for how long it is valid (default: 90)")

    def handle(self, *, username: str, name: str, days: int, **options: Any) -> None:
        """Issue it, and print nothing else."""
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username}.")
        if not 1 <= days <= 3650:
            raise CommandError(f"A token cannot be valid for {days} days: 1 to 3,650 are possible.")
        if not 1 <= len(name) <= 80:
            raise CommandError("A program's name has 1 to 80 characters.")
        self.stdout.write(issue_token(user=user, name=name, days=days))
