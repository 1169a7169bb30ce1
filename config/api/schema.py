"""How the API is described: each operation with its headers, and with every problem it may answer."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import exceptions, serializers

from config.api import problems
from config.api.idempotency import KEY_PATTERN
from config.api.waiting import MESSAGE_ID, PARAMETER, WAITED_FOR


class ProblemField(serializers.Serializer[Any]):
    """A field that is wrong."""

    pointer = serializers.CharField(help_text="A JSON pointer into what was sent.")
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal (RFC 9457)."""

    type = serializers.URLField(help_text="The problem's own page.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable: made to be compared with.")
    detail = serializers.CharField(help_text="A sentence for the person who asked.")
    errors = ProblemField(many=True, required=False)  # type: ignore[assignment]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How programs say who they are."""

    target_class = "config.api.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A token of `manage.py api_token`."""
        return {"type": "http", "scheme": "bearer"}


_WAITING = [
    OpenApiParameter(
        PARAMETER,
        type=UUID,
        description="A Message-Id that a write has told: answer once this shows it, or after two seconds.",
    ),
    OpenApiParameter(
        WAITED_FOR,
        location=OpenApiParameter.HEADER,
        response=[200],
        enum=["seen", "behind", "unknown"],
        description="Of `wait_for`: whether this answer shows it; unknown where the log does not hold it.",
    ),
]
_MESSAGE_ID = OpenApiParameter(
    MESSAGE_ID,
    type=UUID,
    location=OpenApiParameter.HEADER,
    response=[200, 201, 202],
    description="What to send as `wait_for` to read it; missing where nothing was announced.",
)


class ShopSchema(AutoSchema):
    """DRF's views, described with the conventions that hold for all of them."""

    def get_tags(self) -> list[str]:
        """What the address is about, behind the version."""
        return [self.path.split("/")[3]]

    def get_override_parameters(self) -> list[Any]:
        """The headers that all operations of a kind understand."""
        if self.method == "GET":
            return _WAITING if getattr(self.view, "projections", ()) else []
        headers: list[Any] = [_MESSAGE_ID]
        if self.method == "POST":
            headers.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    type={"type": "string", "pattern": KEY_PATTERN},
                    location=OpenApiParameter.HEADER,
                    required=self._needs_key,
                    description="The same request with the same key happens once, and is answered alike.",
                )
            )
        if 412 in {problem.status for problem in self._refusals()}:
            headers.append(
                OpenApiParameter(
                    "If-Match",
                    location=OpenApiParameter.HEADER,
                    description="An ETag: change it only if it is still as you have seen it.",
                )
            )
        return headers

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        by_status = defaultdict(list)
        for problem in self._refusals():
            by_status[problem.status].append(problem)
        for status, refused in sorted(by_status.items()):
            bodies[str(status)] = self._refusal(status, refused, direction)
        return bodies

    def _refusal(self, status: int, refused: list[problems.Problem], direction: Any) -> dict[str, Any]:
        said = "\n".join(f"- `{problem.code}`: {problem.meaning}" for problem in refused)
        response = OpenApiResponse(ProblemSerializer, description=said)
        media_types = [problems.MEDIA_TYPE]
        shown: dict[str, Any] = self._get_response_for_code(  # type: ignore[no-untyped-call]
            response, str(status), media_types, direction
        )
        return shown

    def _refusals(self) -> Iterator[problems.Problem]:
        """What the operation may be refused for, by the view's own word and by HTTP's."""
        errors: list[type[Exception]] = [
            exceptions.AuthenticationFailed,
            exceptions.NotAcceptable,
            exceptions.Throttled,
        ]
        if getattr(self.view, "needs_permission", ""):
            errors += [exceptions.NotAuthenticated, exceptions.PermissionDenied]
        if getattr(self.view, "needs_account", False):
            errors.append(exceptions.NotAuthenticated)
        if "{" in self.path:
            errors.append(exceptions.NotFound)
        if self._reads_body or (self.method == "GET" and self.get_override_parameters()):
            errors.append(exceptions.ValidationError)
        if self._reads_body:
            errors += [exceptions.ParseError, exceptions.UnsupportedMediaType]
        if self.method != "GET":
            errors += [problems.BodyTooLarge, exceptions.PermissionDenied]
        if self.method == "POST":
            errors += [
                problems.IdempotencyKeyInvalid,
                problems.IdempotencyKeyReused,
                problems.RequestInProgress,
            ]
        if self._needs_key:
            errors.append(problems.IdempotencyKeyRequired)
        own = getattr(self.view, "refusals", {}).get(self.method.lower(), ())
        known = {problems.known(error).code: problems.known(error) for error in (*errors, *own)}
        yield from (known[code] for code in sorted(known))

    @property
    def _needs_key(self) -> bool:
        return self.method == "POST" and getattr(self.view, "needs_idempotency_key", False)

    @property
    def _reads_body(self) -> bool:
        return self.method in ("POST", "PUT", "PATCH") and self.get_request_serializer() is not None
