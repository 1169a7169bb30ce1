"""Sending what was asked for."""

from config.accounts import letters
from config.accounts.commands import SendAskedMail
from eventbus import Record, handles
from orders.services.notifying import MAIL_SERVER


@handles(external=True, dependency=MAIL_SERVER)
def send_asked_mail(command: SendAskedMail) -> Record | None:
    """Write to the address, if there is something to tell it."""
    return letters.send(command.mail_id)
