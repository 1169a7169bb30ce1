"""System checks: will shoppers get their mails?"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

MAILS_IN_FILES = Warning(
    "Production writes its mails into files: nobody gets one, and nobody can make an account.",
    hint="Set EMAIL_URL to your mail server, such as smtp+tls://user:password@host.",
    id="orders.W001",
)


@register("orders")
def check_mails(**_: Any) -> list[CheckMessage]:
    """Whether there is a mail server."""
    in_files = settings.EMAIL_BACKEND == "django.core.mail.backends.filebased.EmailBackend"
    return [MAILS_IN_FILES] if settings.PRODUCTION and in_files else []
