"""What accounts keep beside Django's users."""

from uuid import uuid4

from django.db import models

KINDS = ("join", "reset", "move", "order")


class AskedMail(models.Model):
    """A mail that somebody asked for by typing an address; whether it is due is looked up when it is sent.

    So a request does the same whoever is known here, in words and in time. Kept for a day: the message on
    the bus names no more than its id.
    """

    id = models.UUIDField(primary_key=True, default=uuid4)
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in KINDS])
    email = models.EmailField()
    about = models.JSONField(default=dict)
    asked_at = models.DateTimeField(auto_now_add=True, db_index=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["email", "asked_at"], name="accounts_asked_of_address"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
