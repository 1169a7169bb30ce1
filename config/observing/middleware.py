"""Every request: one line in the log, and one more in its route's histogram."""

from time import perf_counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware as LogMiddleware
from structlog.contextvars import clear_contextvars

from config.observing.metrics import REQUESTS

LOOKS = {"/healthz", "/readyz", "/metrics"}
_METHODS = {name: name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}


class RequestMiddleware(LogMiddleware):
    """django-structlog's, which here names a request by its route: a path may hold the link to an order."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, and tell how long it took."""
        request.began = perf_counter()  # type: ignore[attr-defined]
        response: HttpResponse = super().__call__(request)  # type: ignore[assignment]
        seconds = perf_counter() - request.began  # type: ignore[attr-defined]
        REQUESTS.labels(
            _METHODS.get(request.method or "", "other"), route_of(request), response.status_code
        ).observe(seconds)
        return response

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Tell of the answer, unless it is one of thousands to a machine that looks whether all is well."""
        if route_of(request) in LOOKS and response.status_code < 400:
            clear_contextvars()
        else:
            super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Method and route."""
        return f"{request.method} {route_of(request)}"


def route_of(request: HttpRequest) -> str:
    """The pattern that the request's address fits, without the values in it."""
    match = request.resolver_match
    return f"/{match.route}" if match else "-"


def add_duration(request: HttpRequest, log_kwargs: dict[str, Any], **_: Any) -> None:
    """Say how long a request took."""
    log_kwargs["duration_ms"] = round((perf_counter() - request.began) * 1000, 3)  # type: ignore[attr-defined]
