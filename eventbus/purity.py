"""Folds are pure: they change their row, and nothing and nobody else hears of them.

A rebuild folds every message again, years later. What a fold published, mailed, queried or read from the
clock would be done again, or come out differently. Publishing, querying and on_commit are refused while a
fold runs; the names of the clock, of chance and of the post office where it is declared, in the fold and in
the project's functions that it names, and so on. What it does not see: a function that is handed over or
looked up by a text, and the methods of anything but `self`, modules and classes.
"""

import dis
import sysconfig
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import CodeType, FunctionType, ModuleType
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
_LIBRARIES = tuple(sysconfig.get_paths()[path] for path in ("stdlib", "platstdlib", "purelib", "platlib"))
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


def require_pure(fold: Callable[..., Any], owner: type | None = None) -> None:
    """Raise DefinitionError where a fold names the clock, chance or the post office.

    Functions and methods that it calls are followed as long as they are not a library's. owner: the class
    that the fold is a method of.
    """
    for function in _reached(fold, owner):
        if found := sorted(
            FORBIDDEN & {name for code in _codes_in(function.__code__) for name in code.co_names}
        ):
            through = "" if function is fold else f", through {function.__module__}.{function.__qualname__}"
            raise DefinitionError(
                f"{fold.__module__}.{fold.__qualname__} uses {', '.join(found)}{through}: folded again, it "
                f"would do so again or come out differently. Take what the event or its envelope says "
                f"(envelope.occurred_at), and move anything else to a handler."
            )


def _reached(fold: Callable[..., Any], owner: type | None) -> Iterator[FunctionType]:
    """The fold and all of the project's own functions that its code leads to, each once."""
    seen: set[FunctionType] = set()
    waiting: list[Any] = [fold]
    while waiting:
        found = waiting.pop()
        function = getattr(found, "__func__", found)
        if not isinstance(function, FunctionType) or function in seen:
            continue
        seen.add(function)
        if function is fold or _is_the_projects(function):
            yield function
            waiting += _named_by(function, owner)


def _is_the_projects(function: FunctionType) -> bool:
    bus = function.__module__.partition(".")[0] == __package__
    return not bus and not function.__code__.co_filename.startswith(_LIBRARIES)


def _named_by(function: FunctionType, owner: type | None) -> Iterator[Any]:
    """What the names in a function's code stand for, also those behind a module, a class or `self`."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    known = function.__globals__ | {name: cell.cell_contents for name, cell in cells} | {"self": owner}
    for code in _codes_in(function.__code__):
        value: Any = None
        for step in dis.get_instructions(code):
            if step.opname in {"LOAD_ATTR", "LOAD_METHOD"}:
                value = getattr(value, step.argval, None) if isinstance(value, ModuleType | type) else None
            elif step.opname in {"LOAD_GLOBAL", "LOAD_DEREF"} or step.argval == "self":
                value = known.get(step.argval)
            else:
                value = None
            yield value.__init__ if isinstance(value, type) else value  # type: ignore[misc]


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    """A function's code and that of the functions and comprehensions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes_in(constant)
