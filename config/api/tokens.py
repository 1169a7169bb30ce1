"""Tokens by which programs act for a user: `Authorization: Bearer shop_…`."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from config.api.models import ApiToken

_WORD = "Bearer"


def issue_token(*, user: User, name: str, days: int) -> str:
    """A new token for the user, valid for so many days. It is told once: only its digest is kept."""
    token = f"shop_{secrets.token_urlsafe(32)}"
    ends = timezone.now() + timedelta(days=days)
    ApiToken.objects.create(user=user, name=name, digest=_digest(token), expires_at=ends)
    return token


class TokenAuthentication(BaseAuthentication):
    """The user for whom a token was issued, while it is valid and they are active."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """None for a request without a token: it is nobody's, or a session's."""
        word, _, token = request.headers.get("Authorization", "").partition(" ")
        if word.lower() != _WORD.lower():
            return None
        known = ApiToken.objects.select_related("user").filter(
            digest=_digest(token.strip()), expires_at__gt=timezone.now(), user__is_active=True
        )
        found = known.first()
        if found is None:
            raise AuthenticationFailed("This token is not valid (any more).")
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        """What to say to somebody without one."""
        return _WORD


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
