"""What the API answers when it refuses: problem details (RFC 9457), each with a stable code and a page.

The codes are the names of the rooms' error classes, the sentences are theirs too: whoever reads the
storefront reads the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import getdoc, isclass
from types import ModuleType
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from rest_framework import exceptions
from rest_framework.response import Response

import catalog.errors
import inventory.errors
import orders.errors
import payments.errors

MEDIA_TYPE = "application/problem+json"
_ROOMS = (catalog.errors, inventory.errors, orders.errors, payments.errors)
_FAMILIES = (
    catalog.errors.CatalogError,
    inventory.errors.InventoryError,
    orders.errors.OrdersError,
    payments.errors.NoticeRefused,
)
"""Base classes, which are never raised; what webhooks are refused for is no affair of the API's."""
_NOT_THERE = (
    catalog.errors.UnknownCategory,
    catalog.errors.UnknownProduct,
    orders.errors.AddressNotFound,
    orders.errors.CartNotFound,
    orders.errors.LinkExpired,
    orders.errors.LinkNotValid,
    orders.errors.NotInCart,
    orders.errors.OrderNotFound,
    orders.errors.OrderNumberUnknown,
    orders.errors.ReturnNotFound,
    orders.errors.TaskNotFound,
    orders.errors.UnionNotFound,
    payments.errors.PaymentNotFound,
    payments.errors.UnknownPayment,
)
_NOT_ACCEPTABLE = (
    catalog.errors.InvalidAttributes,
    catalog.errors.InvalidPrice,
    catalog.errors.UnknownCursor,
    inventory.errors.InvalidHold,
    inventory.errors.InvalidQuantity,
    inventory.errors.InvalidReason,
    inventory.errors.InvalidSku,
    inventory.errors.TooManyUnits,
    orders.errors.MoreThanArrived,
    orders.errors.MoreThanShipped,
    orders.errors.NoDelivery,
    orders.errors.NoteRequired,
    orders.errors.NothingReturned,
    orders.errors.QuantityRefused,
    orders.errors.ReasonRequired,
    orders.errors.RefundRefused,
    orders.errors.SumsDiffer,
    orders.errors.TotalRefused,
    payments.errors.AmountNotPositive,
    payments.errors.AmountTooLarge,
    payments.errors.CardRequired,
    payments.errors.UnknownCard,
)


class IdempotencyKeyRequired(exceptions.APIException):
    """This request must not happen twice: send a header Idempotency-Key with a value of its own."""

    status_code, default_code = 400, "idempotency_key_required"


class IdempotencyKeyInvalid(exceptions.APIException):
    """An Idempotency-Key has 1 to 255 letters, digits or signs of ASCII, without blanks: a UUID is one."""

    status_code, default_code = 400, "idempotency_key_invalid"


class IdempotencyKeyReused(exceptions.APIException):
    """This Idempotency-Key was sent before with another request; every request needs its own."""

    status_code, default_code = 422, "idempotency_key_reused"


class RequestInProgress(exceptions.APIException):
    """A request with this Idempotency-Key is still being worked on; ask again in a second."""

    status_code, default_code = 409, "request_in_progress"


class BodyTooLarge(exceptions.APIException):
    """The request's body is longer than any request to this API can be."""

    status_code, default_code = 413, "body_too_large"


_OWN: tuple[type[exceptions.APIException], ...] = (
    BodyTooLarge,
    IdempotencyKeyInvalid,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    RequestInProgress,
)
_OF_HTTP = {
    "authentication_failed": (401, "The token or password is not valid (any more)."),
    "error": (500, "Something went wrong on our side. It is written down, and nothing was changed."),
    "invalid_fields": (422, "Fields are missing or wrong; `errors` points at each of them."),
    "method_not_allowed": (405, "This address does not take this method."),
    "not_acceptable": (406, "This address does not answer in the media type that was asked for."),
    "not_authenticated": (401, "This address needs a token: `Authorization: Bearer …`."),
    "not_dead": (409, "Somebody has retried this dead letter meanwhile; nobody decides about it twice."),
    "not_found": (404, "There is nothing at this address."),
    "not_paused": (409, "This subscription is not paused: there is nothing to resume."),
    "parse_error": (400, "The request's body is not what its media type promises."),
    "permission_denied": (403, "You may not do this."),
    "precondition_failed": (412, "What you would change is not what you have seen: read it again first."),
    "throttled": (429, "Too many requests; `Retry-After` says when to go on."),
    "unsupported_media_type": (415, "This address does not read the media type that was sent."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of refusal: its stable code, its HTTP status, and what it means."""

    code: str
    status: int
    meaning: str


@cache
def problems() -> Mapping[str, Problem]:
    """Every problem by its code."""
    known = [Problem(code, *rest) for code, rest in _OF_HTTP.items()]
    known += [problem_of(error) for error in (*_OWN, *_errors_of_rooms())]
    return {problem.code: problem for problem in sorted(known, key=lambda problem: problem.code)}


def known(error: type[Exception]) -> Problem:
    """The problem as which clients are told of this error."""
    if issubclass(error, exceptions.ValidationError):
        return problems()["invalid_fields"]
    return problems().get(getattr(error, "default_code", "")) or problem_of(error)


def problem_of(error: type[Exception]) -> Problem:
    """The problem that this error would be by itself."""
    code = getattr(error, "default_code", "") or re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).lower()
    return Problem(code, status_of(error), (getdoc(error) or "").partition("\n")[0])


def status_of(error: type[Exception]) -> int:
    """404 for what is not there, 422 for what can never be right, 409 for what does not fit the state."""
    if issubclass(error, exceptions.APIException):
        return error.status_code
    if issubclass(error, payments.errors.NoProcessor):
        return 503
    return 404 if issubclass(error, _NOT_THERE) else 422 if issubclass(error, _NOT_ACCEPTABLE) else 409


def answer(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: the error as a problem; None for what is not a refusal but a fault."""
    error = _as_api_exception(error)
    if not isinstance(error, (exceptions.APIException, *_errors_of_rooms())):
        return None
    request = context["request"]
    shown = getattr(request, "accepted_renderer", None)
    media_type = MEDIA_TYPE if shown is None or shown.format == "json" else None
    body = body_of(error, request)
    return Response(body, body["status"], headers=_headers_of(error), content_type=media_type)


def refuse(error: exceptions.APIException, request: HttpRequest) -> JsonResponse:
    """The same, where no view has been reached."""
    body = body_of(error, request)
    return JsonResponse(body, status=body["status"], content_type=MEDIA_TYPE)


def body_of(error: Exception, request: Any) -> dict[str, Any]:
    """The members of the problem."""
    problem, detail = known(type(error)), str(error)
    body: dict[str, Any] = {
        "type": request.build_absolute_uri(reverse("api-problem", args=[problem.code])),
        "title": problem.meaning,
        "status": problem.status,
        "code": problem.code,
        "detail": detail or problem.meaning,
    }
    if isinstance(error, exceptions.ValidationError):
        body["errors"] = list(_pointed(error.detail))
        body["detail"] = " ".join(each["detail"] for each in body["errors"])
    return body


def _as_api_exception(error: Exception) -> Exception:
    if isinstance(error, Http404):
        return exceptions.NotFound()
    return exceptions.PermissionDenied() if isinstance(error, PermissionDenied) else error


def _headers_of(error: Exception) -> dict[str, str]:
    challenge, wait = getattr(error, "auth_header", None), getattr(error, "wait", None)
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    return headers | ({"Retry-After": str(-int(-wait // 1))} if wait else {})


def _pointed(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """Each wrong field with its JSON pointer."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _pointed(inner, pointer if name == "non_field_errors" else f"{pointer}/{name}")
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        nested = any(isinstance(inner, Mapping) for inner in detail)
        for place, inner in enumerate(detail):
            yield from _pointed(inner, f"{pointer}/{place}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": str(detail)}


@cache
def _errors_of_rooms() -> tuple[type[Exception], ...]:
    return tuple(error for room in _ROOMS for error in _errors_of(room))


def _errors_of(room: ModuleType) -> Iterator[type[Exception]]:
    for error in vars(room).values():
        own = isclass(error) and issubclass(error, Exception) and error.__module__ == room.__name__
        if own and error not in _FAMILIES and not issubclass(error, payments.errors.NoticeRefused):
            yield error
