"""Who a session belongs to: nobody, until the second factor of its user was given in it.

A password opens a session and no more. Until a code is given too, every page and the API see a guest; only
the pages that ask for the code, or set the factor up, look behind the door. Another factor, or none where
staff need one, closes every session that was opened with the one before.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from config.accounts.models import SecondFactor

GIVEN = "second_factor"
"""Where a session keeps the id of the factor that was given in it."""
ASK, SET_UP = "accounts:code", "accounts:second_factor"


class Backend(ModelBackend):
    """Django's, which reads with a user the id of their factor: no page needs a statement more for it."""

    def get_user(self, user_id: Any) -> User | None:
        """The user, with `factor_id`, which is None where there is no factor."""
        theirs = SecondFactor.objects.filter(user=OuterRef("pk"), confirmed=True).values("pk")[:1]
        user = User.objects.annotate(factor_id=Subquery(theirs)).filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


class SecondFactorMiddleware:
    """Makes a guest of whoever has given no more than their password; behind AuthenticationMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nobody is looked up before somebody asks who it is."""
        request.user = SimpleLazyObject(lambda: _in_sight(request))  # type: ignore[assignment]
        return self.get_response(request)


def owed(request: HttpRequest) -> str:
    """The page on which the session's user gives what is missing; "" where nothing is."""
    return _owed(request, auth.get_user(request))


def ask(request: HttpRequest, place: str) -> HttpResponse | None:
    """Lead to the page that asks for what is missing, and from there to `place`; None if nothing is."""
    page = owed(request)
    return redirect_to_login(place, reverse(page)) if page else None


def _in_sight(request: HttpRequest) -> Any:
    user = get_user(request)
    return AnonymousUser() if _owed(request, user) else user


def _owed(request: HttpRequest, user: Any) -> str:
    if not user.is_authenticated:
        return ""
    if user.factor_id is not None:
        return "" if request.session.get(GIVEN) == user.factor_id else ASK
    return SET_UP if user.is_staff and settings.STAFF_SECOND_FACTOR == "required" else ""
