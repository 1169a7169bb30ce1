"""How many requests one client may make, told in headers with every answer.

Counted in the memory of each process: a limit costs no round trip, survives the loss of Redis, and is
multiplied by the number of processes that serve. It stops programs that run wild, and guessing.
"""

from collections.abc import Callable
from time import time
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Limit(BaseThrottle):
    """So many requests of one client in each minute, hour or day; which, is set by name."""

    scope = "every"
    reset_seconds = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request, and say whether it was one too many."""
        scope = self.scope_of(view)
        if not scope:
            return True
        most, _, period = str(api_settings.DEFAULT_THROTTLE_RATES[scope]).partition("/")
        window, passed = divmod(int(time()), _SECONDS[period])
        self.reset_seconds = _SECONDS[period] - passed
        left = int(most) - _count(f"{scope}:{self._client(request)}:{window}", _SECONDS[period])
        _remember(request._request, int(most), max(0, left), self.reset_seconds)
        return left >= 0

    def wait(self) -> float:
        """The seconds until it is counted anew."""
        return self.reset_seconds

    def scope_of(self, view: Any) -> str:
        """The name of the limit that this view is under."""
        return self.scope

    def _client(self, request: Request) -> str:
        return f"user-{request.user.pk}" if request.user.is_authenticated else self.get_ident(request)


class LimitOfView(Limit):
    """The stricter limit of views that name one in `throttle_scope`."""

    def scope_of(self, view: Any) -> str:
        """None, where the view names none."""
        return getattr(view, "throttle_scope", "")


class LimitHeadersMiddleware:
    """Tells the client the limit that it is nearest to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and tell the limit where one was looked at."""
        response = self.get_response(request)
        for name, number in zip(
            ("Limit", "Remaining", "Reset"), getattr(request, "limits", ()), strict=False
        ):
            response[f"RateLimit-{name}"] = str(number)
        return response


def _count(key: str, seconds: int) -> int:
    counted = caches["limits"]
    counted.add(key, 0, seconds)
    return counted.incr(key)


def _remember(request: HttpRequest, most: int, left: int, reset: int) -> None:
    before = getattr(request, "limits", None)
    if before is None or left < before[1]:
        request.limits = (most, left, reset)  # type: ignore[attr-defined]
