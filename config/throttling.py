"""How often one client may try to log in, to pay, or to have mail sent; beyond that, a page that says when.

Log-ins that fail are counted by django-axes for each name and client (see settings). What is counted here
is every form that somebody could be guessed, charged or written to with, whoever it is about.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from time import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.api.limits import counter

_SECONDS = {"minute": 60, "hour": 3600}


class ThrottlingMiddleware:
    """Counts what is sent to the pages of THROTTLED_PAGES, by client."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing happens before the page is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Answer in the page's stead where it was once too often."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        rate = settings.THROTTLED_PAGES.get(name)
        if rate is None or request.method != "POST":
            return None
        most, _, period = rate.partition("/")
        window, passed = divmod(int(time()), _SECONDS[period])
        key = f"page:{name}:{_neighbourhood(client_address(request))}:{window}"
        if counter(settings.REDIS_URL).count(key, _SECONDS[period]) <= int(most):
            return None
        return too_many(request, _SECONDS[period] - passed)


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """What django-axes answers to somebody who gave wrong passwords too often."""
    return too_many(request, int(settings.AXES_COOLOFF_TIME.total_seconds()))


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """429, and when to come back."""
    minutes = -(-seconds // 60)
    response = render(request, "429.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(seconds)
    return response


def client_address(request: HttpRequest) -> str:
    """Where a request comes from: what our own proxy says, never what the client says itself."""
    if settings.BEHIND_TLS_PROXY:
        last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if last:
            return str(last)
    return str(request.META.get("REMOTE_ADDR", ""))


def _neighbourhood(address: str) -> str:
    """One line's IPv6 addresses are countless, and all in the same /64."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(parsed) >> 64 << 64)) if isinstance(parsed, IPv6Address) else address
