"""What accounts asks the bus for."""

from uuid import UUID

from eventbus import Command


class SendAskedMail(Command, name="accounts.send_asked_mail", version=1, key="mail_id"):
    """Look up whether the mail that was asked for is due, and send it."""

    mail_id: UUID
