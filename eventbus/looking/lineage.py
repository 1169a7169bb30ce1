"""A message's causes and effects: the story it belongs to, as a tree.

What was published while a message was handled names it as its cause. Which of its consumers published it is
not kept; the code says who publishes what, and where only one of the consumers does, it is named.
"""

from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from msgspec import Struct

from eventbus.contracts.mapping import Speaker, event_map
from eventbus.doctor.findings import rows
from eventbus.looking.handling import Handling, handlings
from eventbus.looking.searching import published_at

STORY = 2_000
"""The largest story that is read whole; of a larger one, what lies near the message."""
SHOWN = 120
NEAR = 5_000
ABOVE, DEEPEST = 20, 40
"""How many causes of a message are shown, and how many levels: a chain of timeouts has no end."""

_COLUMNS = "position, id, type, kind, stream, causation_id, headers->>'actor'"
_STORY = f"""
SELECT * FROM (SELECT {_COLUMNS} FROM eventbus_message WHERE correlation_id = %s LIMIT %s) AS story
ORDER BY position"""
_NEAR = f"""
SELECT {_COLUMNS} FROM (
    SELECT * FROM eventbus_message WHERE position BETWEEN %s AND %s ORDER BY position) AS near
WHERE correlation_id = %s ORDER BY abs(position - %s) LIMIT %s"""


class Branch(Struct, kw_only=True):
    """A message of the tree, with its consumers and what each of them led to.

    more: how many of its effects are not shown. cut: whether its cause is in the log and is not shown.
    """

    position: int
    id: UUID
    type: str
    kind: str
    stream: str
    cause: UUID | None
    actor: str
    after: str = ""
    by: str = ""
    here: bool = False
    handlings: list[Handling] = []
    effects: list["Branch"] = []
    more: int = 0
    cut: bool = False

    @property
    def published_at(self) -> datetime:
        """When it was published."""
        return published_at(self.id)


class Lineage(Struct, frozen=True, kw_only=True):
    """The tree around a message: its roots (one, unless the story began in several messages).

    size: how many messages the story has, as far as it was read. whole: whether that is all of it.
    """

    roots: list[Branch]
    size: int
    whole: bool
    took: str


def lineage(position: int, id: UUID, story: UUID) -> Lineage:
    """The tree around a message: three queries, however long the story is."""
    found = rows(_STORY, [story, STORY + 1])
    whole = len(found) <= STORY
    if not whole:
        found = sorted(rows(_NEAR, [max(0, position - NEAR), position + NEAR, story, position, STORY]))
    branches = {row[1]: Branch(**dict(zip(_FIELDS, _row(row), strict=True))) for row in found}
    branches[id].here = True
    kept = _shown(branches, id)
    roots = _grow(branches, kept)
    told = handlings([branches[one].position for one in kept])
    for one in kept:
        branches[one].handlings = told.get(branches[one].position, [])
        _name_publishers(branches[one])
    times = [branch.published_at for branch in branches.values()]
    return Lineage(roots=roots, size=len(branches), whole=whole, took=span(min(times), max(times)))


_FIELDS = ("position", "id", "type", "kind", "stream", "cause", "actor")


def _row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:-1], row[-1] or "")


def _shown(branches: dict[UUID, Branch], id: UUID) -> set[UUID]:
    """The message, its nearest causes, its effects, and then the others, as many as a page shows."""
    above = [id]
    while len(above) <= ABOVE:
        cause = branches[above[-1]].cause
        if cause is None or cause not in branches or cause in above:
            break
        above.append(cause)
    levels = {one: level for level, one in enumerate(reversed(above))}
    effects = _by_cause(branches.values())
    waiting = deque([id])
    while waiting:
        one = waiting.popleft()
        for effect in effects[one]:
            if _fits(levels, effect.id, levels[one] + 1):
                waiting.append(effect.id)
    for branch in branches.values():
        if branch.cause is None or branch.cause not in branches:
            _fits(levels, branch.id, 0)
        elif branch.cause in levels:
            _fits(levels, branch.id, levels[branch.cause] + 1)
    return set(levels)


def _fits(levels: dict[UUID, int], one: UUID, level: int) -> bool:
    """Give a message its place, unless it has one or the page is full."""
    if one in levels or len(levels) >= SHOWN or level >= DEEPEST:
        return False
    levels[one] = level
    return True


def _by_cause(branches: Iterable[Branch]) -> dict[UUID, list[Branch]]:
    effects: dict[UUID, list[Branch]] = defaultdict(list)
    for branch in branches:
        if branch.cause:
            effects[branch.cause].append(branch)
    return effects


def _grow(branches: dict[UUID, Branch], kept: set[UUID]) -> list[Branch]:
    """Hang each shown message under its cause; returns those without one here."""
    roots = []
    for branch in branches.values():
        cause = branches.get(branch.cause) if branch.cause else None
        if branch.id not in kept:
            if cause and cause.id in kept:
                cause.more += 1
        elif cause and cause.id in kept:
            branch.after = span(cause.published_at, branch.published_at)
            cause.effects = [*cause.effects, branch]
        else:
            branch.cut = cause is not None
            roots.append(branch)
    return roots


def _name_publishers(branch: Branch) -> None:
    names = [handling.subscription for handling in branch.handlings]
    for effect in branch.effects:
        effect.by = publisher(effect.type, tuple(names))


@cache
def publisher(type: str, consumers: tuple[str, ...]) -> str:
    """Which of a message's consumers publishes messages of that type, where the code leaves no doubt."""
    said_by = _publishers().get(type, ())
    named = {speaker.name for speaker in said_by if speaker.name in consumers}
    if not named:
        rooms = {speaker.room for speaker in said_by if speaker.role == "code"}
        named = {
            name
            for name in consumers
            if name.partition(".")[0] in rooms and _roles().get(name) not in ("saga", "projection")
        }
    return named.pop() if len(named) == 1 else ""


@cache
def _publishers() -> dict[str, tuple[Speaker, ...]]:
    """Who publishes each type. The code does not change while it runs."""
    return {heard.type: heard.publishers for heard in event_map()}


@cache
def _roles() -> dict[str, str]:
    return {speaker.name: speaker.role for heard in event_map() for speaker in heard.consumers}


def span(start: datetime, end: datetime) -> str:
    """The time between two moments, in the unit that fits."""
    seconds = max(0.0, (end - start).total_seconds())
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
