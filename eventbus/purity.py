"""Folds are pure: they change their row, and nothing and nobody else hears of them.

A rebuild folds every message again, years later. What a fold published, mailed, queried or read from the
clock would be done again, or come out differently. Publishing, querying and on_commit are refused while a
fold runs; the names of the clock, of chance and of the post office where it is declared.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import CodeType
from typing import Any, NoReturn

from django.db import DEFAULT_DB_ALIAS, connections

from eventbus.errors import DefinitionError, ImpureFold

FORBIDDEN = frozenset(
    {
        *("now", "utcnow", "today", "localtime", "localdate", "time_ns", "monotonic", "perf_counter"),
        *("current_time", "uuid1", "uuid4", "uuid7", "random", "randint", "token_hex", "token_urlsafe"),
        *("send_mail", "send_mass_mail", "mail_admins", "mail_managers", "EmailMessage"),
        *("EmailMultiAlternatives", "apply_async"),
    }
)
_folding: ContextVar[str] = ContextVar("eventbus_folding", default="")


def folding() -> str:
    """The name of the projection whose fold is running, or nothing."""
    return _folding.get()


def impure(act: str) -> ImpureFold:
    """The error for a fold that does more than change its row."""
    return ImpureFold(
        f"{folding()} {act} during a fold. A projection changes its row and nothing else, or a rebuild would "
        f"do it again; move this to a handler."
    )


@contextmanager
def pure(name: str) -> Generator[None]:
    """Inside, nothing but rows in memory can be changed."""
    connection = connections[DEFAULT_DB_ALIAS]
    token = _folding.set(name)
    connection.on_commit = _refuse_on_commit  # type: ignore[method-assign]
    try:
        with connection.execute_wrapper(_refuse_query):
            yield
    finally:
        del connection.on_commit
        _folding.reset(token)


def _refuse_query(execute: Any, sql: str, params: Any, many: bool, context: Any) -> NoReturn:
    raise impure(f"queried the database ({sql[:60]}…)")


def _refuse_on_commit(func: Callable[[], object], robust: bool = False) -> NoReturn:
    raise impure("asked for something to be done on commit")


def require_pure(fold: Callable[..., Any]) -> None:
    """Raise DefinitionError where a fold names the clock, chance, the post office or another table."""
    if found := sorted(FORBIDDEN & set(_names_in(fold.__code__))):
        raise DefinitionError(
            f"{fold.__module__}.{fold.__qualname__} uses {', '.join(found)}: folded again, it would do so "
            f"again or come out differently. Take what the event or its envelope says "
            f"(envelope.occurred_at), and move anything else to a handler."
        )


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
