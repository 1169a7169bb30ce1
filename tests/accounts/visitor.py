"""Somebody with a browser and a mailbox."""

import re

from django.contrib.auth.models import User
from django.core import mail
from django.core.mail import EmailMessage

from eventbus.testing import drain
from tests.journeys.shopper import Shopper

PASSWORD = "nine-ferns-on-a-hill"
__all__ = ["PASSWORD", "Visitor", "an_account", "without_tokens"]


def an_account(email: str = "ada@example.com", name: str = "Ada", **options: object) -> User:
    """Somebody who has signed up."""
    return User.objects.create_user(email, email, PASSWORD, first_name=name, **options)


class Visitor(Shopper):
    """A shopper who has accounts."""

    def log_in(self, email: str = "ada@example.com", password: str = PASSWORD, place: str = "") -> str:
        """Through the form, as people do."""
        return self.send("/account/log-in/", username=email, password=password, next=place)

    def mails(self) -> list[EmailMessage]:
        """What is in everybody's mailbox, once all is delivered."""
        drain()
        return list(mail.outbox)

    def link(self) -> str:
        """The link in the newest mail, without the shop's own address."""
        found = re.search(r"http://[^/\s]+(/\S+)", str(self.mails()[-1].body))
        assert found, "This mail has no link."
        return found[1]


def without_tokens(page: str) -> str:
    """A page without what is another one at every request."""
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", page)
