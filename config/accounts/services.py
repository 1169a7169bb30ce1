"""Verbs of accounts."""

from typing import Any

from axes.utils import reset
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from config.accounts.commands import SendAskedMail
from config.accounts.models import AskedMail
from eventbus import send


class AddressTaken(Exception):
    """This e-mail address has an account already: please log in."""


def as_address(email: str) -> str:
    """An address as accounts are found by it: mailboxes do not tell capitals apart."""
    return email.strip().lower()


@transaction.atomic
def ask_for_mail(kind: str, email: str, **about: Any) -> None:
    """Have a mail sent to this address, if one is due; does the same for every address."""
    asked = AskedMail.objects.create(kind=kind, email=as_address(email), about=about)
    send(SendAskedMail(mail_id=asked.id))


def new_customer(*, email: str, name: str, password: str) -> User:
    """An account of somebody who reads this address's mail; raises AddressTaken."""
    address = as_address(email)
    try:
        with transaction.atomic():
            return User.objects.create_user(address, address, password, first_name=name)
    except IntegrityError:
        raise AddressTaken(AddressTaken.__doc__) from None


def move(user: User, email: str) -> None:
    """Let the account be found by another address, whose mail its owner reads; raises AddressTaken."""
    user.email = as_address(email)
    if not user.is_staff:
        user.username = user.email
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "username"])
    except IntegrityError:
        raise AddressTaken(AddressTaken.__doc__) from None


def forgive(user: User) -> None:
    """Forget the failed log-ins of somebody who has proved who they are."""
    reset(username=user.get_username())
