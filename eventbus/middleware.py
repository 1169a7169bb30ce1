"""Where a story begins: everything that one HTTP request publishes, and all that it causes, has one id.

`CorrelationMiddleware` stands first, so that every log line of a request knows its ids; `ActorMiddleware`
stands behind Django's AuthenticationMiddleware, so that messages also say who acted.
"""

import re
from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from uuid_utils.compat import uuid7

from eventbus.context import REQUEST_ID, TRACEPARENT, TRACESTATE, correlate, current_cause

CORRELATION_HEADER = "X-Correlation-ID"
REQUEST_HEADER = "X-Request-ID"
# Anybody can send any header: these go into logs, the log of messages, mails and calls to others.
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,127}")
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_TRACESTATE = re.compile(r"[!-~ \t]{1,512}")

Answer = Callable[[HttpRequest], HttpResponse]


class CorrelationMiddleware:
    """Gives each request a correlation id of our own, and tells it to the client in X-Correlation-ID.

    The client's X-Request-ID is kept beside it and told back, or stands for the correlation id where it is
    missing or not well-formed: two requests of one id are two stories. A W3C traceparent is kept as it is.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request within its story."""
        correlation_id = uuid7()
        headers = carried(request)
        with correlate(correlation_id, **headers):
            response = self.get_response(request)
        response[CORRELATION_HEADER] = str(correlation_id)
        response[REQUEST_HEADER] = headers.get(REQUEST_ID, str(correlation_id))
        return response


class ActorMiddleware:
    """Lets the messages of somebody who is logged in say who acted."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request in the user's name."""
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return self.get_response(request)
        cause = current_cause()
        story: UUID = cause.correlation_id or uuid7()
        with correlate(story, **{**cause.headers, "actor": f"user-{user.pk}"}):
            return self.get_response(request)


def carried(request: HttpRequest) -> dict[str, str]:
    """What of a request's headers its messages carry on: what is well-formed, and nothing else."""
    found = {REQUEST_ID: _said(request, REQUEST_HEADER, _REQUEST_ID)}
    if traceparent := _said(request, "traceparent", _TRACEPARENT):
        found |= {TRACEPARENT: traceparent, TRACESTATE: _said(request, "tracestate", _TRACESTATE)}
    return {name: value for name, value in found.items() if value}


def _said(request: HttpRequest, header: str, form: re.Pattern[str]) -> str:
    value = request.headers.get(header, "")
    return value if form.fullmatch(value) else ""
