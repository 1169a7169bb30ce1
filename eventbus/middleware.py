"""Where a story begins: everything that one HTTP request publishes, and all that it causes, has one id."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from uuid_utils.compat import uuid7

from eventbus.context import correlate

HEADER = "X-Correlation-ID"


class CorrelationMiddleware:
    """Gives each request a correlation id, and tells it to the client in the header X-Correlation-ID.

    Stands behind Django's AuthenticationMiddleware, so that messages also say who acted.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request within its story."""
        correlation_id = uuid7()
        user = getattr(request, "user", None)
        headers = {"actor": f"user-{user.pk}"} if user is not None and user.is_authenticated else {}
        with correlate(correlation_id, **headers):
            response = self.get_response(request)
        response[HEADER] = str(correlation_id)
        return response
