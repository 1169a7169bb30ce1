"""Signed words in links that prove that somebody reads the mail of an address. Each is good for an hour."""

from typing import Any

from django.conf import settings
from django.core import signing

JOIN, MOVE = "accounts.join", "accounts.move"


class TokenRefused(Exception):
    """This link is not valid any more, or was cut short."""


def write(purpose: str, **words: Any) -> str:
    """A token for one purpose; a link for another does not take it."""
    return signing.dumps(words, salt=purpose)


def read(purpose: str, token: str) -> dict[str, Any]:
    """What the token says; raises TokenRefused."""
    try:
        words: dict[str, Any] = signing.loads(token, salt=purpose, max_age=settings.PASSWORD_RESET_TIMEOUT)
    except signing.BadSignature:
        raise TokenRefused(TokenRefused.__doc__) from None
    return words
