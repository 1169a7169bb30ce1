"""How many requests one client may make, told in headers with every answer.

Counted in Redis, over all processes that serve. A limit is never why a client is kept waiting or refused:
where Redis does not answer within PATIENCE_SECONDS, each process counts in its own memory and asks Redis
again after AWAY_SECONDS. Until then a limit is as many times as high as there are processes.
"""

import logging
from collections.abc import Callable
from functools import cache
from time import monotonic, time
from typing import Any

import redis
from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

PATIENCE_SECONDS = 0.05
AWAY_SECONDS = 5.0
logger = logging.getLogger(__name__)
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
        left = int(most) - counter(settings.REDIS_URL).count(
            f"{scope}:{self._client(request)}:{window}", _SECONDS[period]
        )
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


class Counter:
    """Counts requests where all processes do, or, while that is out of reach, here."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS, retry=None
        )
        self._away_until = 0.0

    def count(self, key: str, seconds: int) -> int:
        """One more; how many it is within `seconds`."""
        if monotonic() >= self._away_until:
            try:
                return self._count_for_all(f"limits:{key}", seconds)
            except redis.RedisError as error:
                self._away_until = monotonic() + AWAY_SECONDS
                logger.warning("limits_counted_alone", extra={"reason": str(error)})
        counted = caches["limits"]
        counted.add(key, 0, seconds)
        return counted.incr(key)

    def _count_for_all(self, key: str, seconds: int) -> int:
        with self._redis.pipeline(transaction=False) as both:
            both.incr(key)
            both.expire(key, seconds)
            number, _ = both.execute()
        return int(number)


@cache
def counter(url: str) -> Counter:
    """The one counter of this process for a Redis."""
    return Counter(url)


def _remember(request: HttpRequest, most: int, left: int, reset: int) -> None:
    before = getattr(request, "limits", None)
    if before is None or left < before[1]:
        request.limits = (most, left, reset)  # type: ignore[attr-defined]
