"""What the sandbox answers: a status and a JSON body, or a problem with a code."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

Request = TypeVar("Request", bound=msgspec.Struct)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, in JSON or as a page; `late` ones are sent when the caller has given up waiting."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    late: bool = False
    page: str = ""
    location: str = ""


class Problem(Exception):
    """A request that is refused, with a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.answer = Answer(status, {"error": {"code": code, "message": message}, **more})


def parse(kind: type[Request], body: bytes) -> Request:
    """The request that a JSON body holds, or the problem with it."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as problem:
        raise Problem(422, "invalid_request", f"{problem}") from None
    except msgspec.DecodeError:
        raise Problem(400, "malformed_json", "The body is not JSON.") from None
