"""Searching the log, however long it is: newest first, by position, a page at a time.

- A stream, a story or an id has an index: all its messages are found.
- A type has an index in the log's order, and a time is turned into positions: a page is read from there.
- The payload and the kind have none. A search for them looks at REACH messages, says how far it came, and
  goes on from there when asked. So a page costs the same however rare the thing is.

What still takes too long is ended by the database, and said.
"""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from msgspec import Struct
from psycopg.errors import QueryCanceled

from eventbus.errors import EventBusError
from eventbus.partitions import last_position

PAGE = 50
REACH = 50_000
PATIENCE_MILLISECONDS = 3_000
SLACK_MILLISECONDS = 60_000
"""By how much positions and times may be in another order: an id is made a moment before its position."""

_COLUMNS = """position, id, kind, type, version, stream, revision, occurred_at, correlation_id,
    causation_id, left(data::text, 160)"""

# `position + 0` bars the planner from walking the primary key in the hope of finding them soon.
_NARROW = """
SELECT {columns} FROM eventbus_message WHERE {narrow} AND {rest} AND position + 0 < %(before)s
ORDER BY position + 0 DESC LIMIT %(limit)s"""

_WALK = """
SELECT {columns} FROM eventbus_message
WHERE {type} AND {rest} AND position < %(before)s AND position >= %(floor)s
ORDER BY position DESC LIMIT %(limit)s"""

_REACHED = """
SELECT coalesce(min(position), 0), count(*) FROM (
    SELECT position FROM eventbus_message WHERE {type} AND position < %(before)s AND position >= %(floor)s
    ORDER BY position DESC LIMIT %(reach)s) AS stretch"""

_FIRST_FROM = "SELECT position FROM eventbus_message WHERE id >= %s ORDER BY id LIMIT 1"


class Search(Struct, frozen=True, kw_only=True):
    """What is looked for; what is empty does not matter. `before`: only positions below this one.

    `number` is a message's position; `id` is that of a message or of a story. A message was published `since`
    this moment and before `until`: its id says when. `payload` is contained in its data.
    """

    type: str = ""
    kind: str = ""
    stream: str = ""
    number: int | None = None
    id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    payload: Any = None
    before: int | None = None


class Found(Struct, frozen=True):
    """A message as a list shows it. `data` is the beginning of its payload."""

    position: int
    id: UUID
    kind: str
    type: str
    version: int
    stream: str
    revision: int | None
    occurred_at: datetime
    correlation_id: UUID
    causation_id: UUID | None
    data: str

    @property
    def published_at(self) -> datetime:
        """When it was published."""
        return published_at(self.id)

    @property
    def backdated(self) -> bool:
        """Whether it tells of another time than its own."""
        return abs((self.occurred_at - self.published_at).total_seconds()) > 60


class Result(Struct, frozen=True):
    """A page. older: where the next one begins, None where there is none.

    looked_at: how many messages a search without an index came to look at, 0 where there was one.
    """

    messages: list[Found]
    older: int | None = None
    looked_at: int = 0


class TooSlow(EventBusError):
    """The search took longer than anybody should wait."""


def published_at(id: UUID) -> datetime:
    """When a message was published, which its id (UUID v7) says."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)


def search(wanted: Search) -> Result:
    """A page of what is looked for. Raises TooSlow."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MILLISECONDS}")
            return _search(cursor, wanted)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow(
                f"The search was ended after {PATIENCE_MILLISECONDS / 1000:g} s. "
                f"Name a type, a stream or a time."
            ) from error
        raise


def _search(cursor: Any, wanted: Search) -> Result:
    rest, values = _conditions(wanted)
    values |= {"before": _before(wanted), "limit": PAGE + 1, "reach": REACH, "floor": 0}
    narrow = _narrow(wanted)
    if narrow:
        if wanted.type:
            rest += " AND type || '' = %(type)s"
        return _page(_rows(cursor, _NARROW.format(columns=_COLUMNS, narrow=narrow, rest=rest), values))
    type_ = "type = %(type)s" if wanted.type else "true"
    if wanted.since or wanted.until:
        _bound_by_time(cursor, wanted, values)
    looked_at, end = 0, 0
    if wanted.kind or wanted.payload is not None:
        cursor.execute(_REACHED.format(type=type_), values)
        end, looked_at = cursor.fetchone()
        values["floor"] = max(end, values["floor"])
    found = _rows(cursor, _WALK.format(columns=_COLUMNS, type=type_, rest=rest), values)
    page = _page(found, looked_at)
    if page.older is None and looked_at == REACH:
        return Result(page.messages, end, looked_at)
    return page


def _conditions(wanted: Search) -> tuple[str, dict[str, Any]]:
    """What no index is asked for, and the values of all."""
    values: dict[str, Any] = {
        "type": wanted.type,
        "kind": wanted.kind,
        "stream": wanted.stream,
        "number": wanted.number,
        "id": wanted.id,
    }
    parts = ["true"]
    if wanted.kind:
        parts.append("kind = %(kind)s")
    if wanted.payload is not None:
        parts.append("data @> %(payload)s::jsonb")
        values["payload"] = json.dumps(wanted.payload)
    # Inside a function, the time is no reason for the planner to sort all that the index on the id has of it.
    if wanted.since:
        parts.append("coalesce(id >= %(since)s, false)")
        values["since"] = id_at(wanted.since)
    if wanted.until:
        parts.append("coalesce(id < %(until)s, false)")
        values["until"] = id_at(wanted.until)
    return " AND ".join(parts), values


def _narrow(wanted: Search) -> str:
    if wanted.number is not None:
        return "position = %(number)s"
    if wanted.id is not None:
        return "(id = %(id)s OR correlation_id = %(id)s)"
    return "stream = %(stream)s" if wanted.stream else ""


def _before(wanted: Search) -> int:
    end = last_position() + 1
    return min(wanted.before, end) if wanted.before is not None else end


def id_at(moment: datetime, slack: int = 0) -> UUID:
    """The lowest id of messages published from `moment` on; slack: milliseconds to add."""
    milliseconds = max(0, int(moment.timestamp() * 1000) + slack)
    return UUID(int=min(milliseconds, 2**48 - 1) << 80)


def _bound_by_time(cursor: Any, wanted: Search, values: dict[str, Any]) -> None:
    """Read no further than the positions that were given out in that time, with some slack."""
    if wanted.since:
        cursor.execute(_FIRST_FROM, [id_at(wanted.since, -SLACK_MILLISECONDS)])
        first = cursor.fetchone()
        values["floor"] = first[0] if first else values["before"]
    if wanted.until:
        cursor.execute(_FIRST_FROM, [id_at(wanted.until, SLACK_MILLISECONDS)])
        if after := cursor.fetchone():
            values["before"] = min(values["before"], after[0])


def _rows(cursor: Any, statement: str, values: dict[str, Any]) -> list[Found]:
    cursor.execute(statement, values)
    return [Found(*row) for row in cursor.fetchall()]


def _page(found: list[Found], looked_at: int = 0) -> Result:
    older = found[PAGE - 1].position if len(found) > PAGE else None
    return Result(found[:PAGE], older, looked_at)
