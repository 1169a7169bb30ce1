"""Reading what one has just written: writes tell a message's id, reads wait for it.

A view that reads projections names them in `projections`. Asked with `wait_for=<Message-Id>`, it answers once
their rows show that message, or after a bound with what there is; the header Waited-For says which.
"""

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import ValidationError

from config.api.problems import refuse
from eventbus import published_ids, wait_until_seen

MESSAGE_ID = "Message-Id"
WAITED_FOR = "Waited-For"
PARAMETER = "wait_for"
MOST_SECONDS = 2.0
# Of the threads that a process serves with, some are always left to those who do not wait.
_places = BoundedSemaphore(2)
View = Callable[..., HttpResponse]


class WaitingMiddleware:
    """Lets reads of projections wait. Nothing is open meanwhile: each look is one statement."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and say what became of the wait."""
        response = self.get_response(request)
        if sight := getattr(request, "waited_for", ""):
            response[WAITED_FOR] = sight
        return response

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Wait before the view reads."""
        projections = getattr(getattr(view, "cls", None), "projections", ())
        if request.method != "GET" or not projections or PARAMETER not in request.GET:
            return None
        try:
            message_id = UUID(request.GET[PARAMETER])
        except ValueError:
            return refuse(ValidationError({PARAMETER: ["This is not the id of a message."]}), request)
        request.waited_for = _wait(message_id, projections)  # type: ignore[attr-defined]
        return None


def _wait(message_id: UUID, projections: tuple[str, ...]) -> str:
    may_wait = _places.acquire(blocking=False)
    try:
        return wait_until_seen(message_id, *projections, seconds=MOST_SECONDS if may_wait else 0)
    finally:
        if may_wait:
            _places.release()


def telling_its_message(view: Callable[[], HttpResponse]) -> HttpResponse:
    """Call a view that writes; its answer tells the id of the last message that it published."""
    with published_ids() as ids:
        response = view()
    if ids and response.status_code < 400:
        response[MESSAGE_ID] = str(ids[-1])
    return response
