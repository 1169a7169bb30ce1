"""Tokens by which programs act for a user: `Authorization: Bearer shop_…`."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from config.api.models import ApiToken

_WORD = "Bearer"
_UNASKED = object()


class TokenMiddleware:
    """Makes the user of a valid token the request's own, so that messages say who acted.

    Stands between Django's AuthenticationMiddleware and the bus's ActorMiddleware. What is no API knows
    no tokens; an invalid one is refused by `TokenAuthentication`, in the view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as for the token's user."""
        if request.path.startswith("/api/v1/") and (token := _token_in(request)) is not None:
            request.api_token = known = _known(token)  # type: ignore[attr-defined]
            if known is not None:
                request.user = known.user
        return self.get_response(request)


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
        token = _token_in(request)
        if token is None:
            return None
        found = getattr(request._request, "api_token", _UNASKED)
        if found is _UNASKED:
            found = _known(token)
        if not isinstance(found, ApiToken):
            raise AuthenticationFailed("This token is not valid (any more).")
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        """What to say to somebody without one."""
        return _WORD


def _token_in(request: HttpRequest | Request) -> str | None:
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if word.lower() == _WORD.lower() else None


def _known(token: str) -> ApiToken | None:
    known = ApiToken.objects.select_related("user").filter(
        digest=_digest(token), expires_at__gt=timezone.now(), user__is_active=True
    )
    return known.first()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
