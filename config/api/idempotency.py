"""Idempotency-Key: a POST that arrives twice happens once, and is answered twice.

The answer is kept in the transaction of the effect, so that there is never the one without the other. A
refusal has no effect and is not kept: its key can be used for the request put right.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException

from config.api.models import IdempotentAnswer
from config.api.problems import (
    BodyTooLarge,
    IdempotencyKeyInvalid,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    RequestInProgress,
    refuse,
)
from config.api.waiting import MESSAGE_ID, telling_its_message

KEY_PATTERN = "^[!-~]{1,255}$"
MOST_BYTES = 64 * 1024
REPLAYED = "Idempotent-Replayed"
_KEPT_HEADERS = ("Content-Type", "ETag", "Location", MESSAGE_ID)
View = Callable[..., HttpResponse]


class IdempotencyMiddleware:
    """Stands last: what it calls is the view. Views of the API say with `needs_idempotency_key` whether
    the header must be there; where it need not be, it counts all the same.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing happens before the view is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: View, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Answer in the view's stead, or as it does, once."""
        shown = getattr(view, "cls", None)
        if shown is None or request.method in ("GET", "HEAD", "OPTIONS"):
            return None

        def written() -> HttpResponse:
            return telling_its_message(lambda: view(request, *args, **kwargs))

        try:
            _check_length(request)
            needed = getattr(shown, "needs_idempotency_key", False)
            key = _key(request, required=needed) if request.method == "POST" else ""
            return _once(request, key, written) if key else written()
        except APIException as refusal:
            return refuse(refusal, request)


def _check_length(request: HttpRequest) -> None:
    length = request.headers.get("Content-Length") or "0"
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise BodyTooLarge(f"At most {MOST_BYTES:,} bytes are read.")


def _key(request: HttpRequest, *, required: bool) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        if required:
            raise IdempotencyKeyRequired(IdempotencyKeyRequired.__doc__)
        return ""
    if not re.fullmatch(KEY_PATTERN, key):
        raise IdempotencyKeyInvalid(IdempotencyKeyInvalid.__doc__)
    return key


@transaction.atomic
def _once(request: HttpRequest, key: str, view: Callable[[], HttpResponse]) -> HttpResponse:
    scope, sent = _scope(request), _digest(request.method or "", request.get_full_path(), request.body)
    _claim(scope, key)
    before = IdempotentAnswer.objects.filter(scope=scope, key=key).first()
    if before is not None:
        return _again(before, sent)
    response = view()
    if hasattr(response, "render"):
        response.render()
    if response.status_code >= 400:
        transaction.set_rollback(True)
        return response
    IdempotentAnswer.objects.create(
        scope=scope,
        key=key,
        request=sent,
        status=response.status_code,
        headers={name: response[name] for name in _KEPT_HEADERS if name in response},
        body=response.content.decode(),
    )
    return response


def _claim(scope: str, key: str) -> None:
    """Let go with the transaction, whichever way it ends: a client that asks meanwhile need not wait."""
    lock = int(_digest(scope, key)[:16], 16) - 2**63
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock])
        if cursor.fetchone() != (True,):
            raise RequestInProgress(RequestInProgress.__doc__)


def _again(before: IdempotentAnswer, sent: str) -> HttpResponse:
    if before.request != sent:
        raise IdempotencyKeyReused(IdempotencyKeyReused.__doc__)
    return HttpResponse(before.body, status=before.status, headers={**before.headers, REPLAYED: "true"})


def _scope(request: HttpRequest) -> str:
    """Whose key it is, and for which address: the same key of somebody else is another one."""
    user = getattr(request, "user", None)
    who = f"user-{user.pk}" if user is not None and user.is_authenticated else ""
    return _digest(who, request.headers.get("Authorization", ""), request.path)


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        piece = part.encode() if isinstance(part, str) else part
        digest.update(len(piece).to_bytes(8, "big") + piece)
    return digest.hexdigest()
