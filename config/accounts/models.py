"""What accounts keep beside Django's users."""

from base64 import b32encode
from uuid import uuid4

from django.db import models
from django_otp.plugins.otp_totp.models import TOTPDevice

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


class SecondFactor(TOTPDevice):  # type: ignore[misc]
    """An app on somebody's phone that knows a key, and so tells a code that is another every 30 seconds."""

    class Meta:
        proxy = True
        default_permissions = ("view", "delete")
        verbose_name = "second factor"

    def __str__(self) -> str:
        return str(self.user)

    @property
    def readable_key(self) -> str:
        """The key as a person types it into an app that takes no picture."""
        key = b32encode(self.bin_key).decode()
        return " ".join(key[start : start + 4] for start in range(0, len(key), 4))
