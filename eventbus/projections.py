"""Projections: read models as pure folds.

    class OrderHistory(Projection, name="orders.order_history", version=1):
        row = OrderHistoryRow
        key = "order_id"

        @on
        def placed(self, row: OrderHistoryRow, event: OrderPlaced) -> None:
            row.state = "placed"

The bus loads the rows of a whole batch in one query, folds the events in order in Python, and writes back
what has changed, in one statement for new rows and one for the others, in the transaction that also moves the
checkpoint: the effect is exactly-once. A fold may change its row and nothing else, so that a replay can never
send or charge anything.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import DateTimeField, Field, Model

from eventbus.errors import DefinitionError
from eventbus.messages import Event, Message
from eventbus.purity import pure, require_pure
from eventbus.subscriptions import Batch, Call, Subscription, calls_of, invoke, register

_encoder = msgspec.json.Encoder()
_PLAIN = frozenset((type(None), bool, int, float, str, bytes, Decimal, date, datetime, timedelta, UUID))


class Projection:
    """A read model fed by events: `row` is its model, `key` names the event field that is the row's key.

    Class keywords: name, version (default 1; raised, the rows are rebuilt), batch (messages folded in one
    transaction; default 5000). DefinitionError is raised without key and keys(), and for a fold that names
    the clock, chance or the post office; one that publishes, queries or asks for on_commit raises ImpureFold.

    Example:

        class OrderHistory(Projection, name="orders.order_history", version=2):
            row = OrderHistoryRow
            key = "order_id"

            @on
            def placed(self, row: OrderHistoryRow, event: OrderPlaced) -> None:
                row.state, row.total = "open", event.total

        place_order(order_id=ORDER, total=4200)
        drain()
        assert_rebuilds(OrderHistory)
    """

    row: ClassVar[type[Model]]
    key: ClassVar[str] = ""
    name: ClassVar[str]
    version: ClassVar[int]
    calls: ClassVar[dict[type[Message], Call]]

    def __init_subclass__(cls, *, name: str, version: int = 1, batch: int = 5000) -> None:
        cls.name, cls.version = name, version
        cls.calls = calls_of(cls, Event, skip=2)
        for call in cls.calls.values():
            require_pure(call.function, cls)
        if not cls.key and cls.keys is Projection.keys:
            raise DefinitionError(
                f"{cls.__module__}.{cls.__name__}: say which row an event belongs to, with key or keys()."
            )
        register(
            Subscription(
                name=name,
                queue="projections",
                accepts=tuple(cls.calls),
                consumer=cls,
                version=version,
                from_start=True,
                batch=batch,
            )
        )

    def keys(self, event: Any) -> Iterable[Hashable]:
        """The keys of the rows that `event` changes; each is folded in turn."""
        return (getattr(event, self.key),)

    def apply(self, batch: Batch, kept: dict[Any, Model] | None = None) -> int:
        """Fold a batch into the rows and write them back; returns how many rows changed.

        kept: rows of earlier batches that nobody else can have changed since; filled with those of this one.
        """
        keyed = [(envelope, tuple(self.keys(envelope.message))) for envelope in batch]
        touched = {key for _, keys in keyed for key in keys}
        rows = {} if kept is None else kept
        rows |= self._load(touched - rows.keys())
        before = _Before(self.row, [rows[key] for key in touched & rows.keys()])
        with pure(self.name):
            for envelope, keys in keyed:
                call = self.calls[type(envelope.message)]
                for key in keys:
                    row = rows.get(key)
                    if row is None:
                        row = rows[key] = self.row(pk=key)
                    invoke(call, envelope, self, row)
        _insert(self.row, [rows[key] for key in touched - before.values.keys()])
        _update(self.row, *before.changes(rows))
        return len(touched)

    def _load(self, keys: set[Any]) -> dict[Any, Model]:
        fields, table, key = stored_fields(self.row), self.row._meta.db_table, self.row._meta.pk
        columns = ", ".join(map(_selected, fields))
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT {columns} FROM "{table}" WHERE "{key.column}" = ANY(%s)', [list(keys)])
            found = cursor.fetchall()
        return {row.pk: row for row in _instances(self.row, fields, found)}


def stored_fields(model: type[Model]) -> "list[Field[Any, Any]]":
    """The columns a fold writes; generated ones are Postgres's own work."""
    return [field for field in model._meta.concrete_fields if not field.generated]


def _instances(
    model: type[Model], fields: "list[Field[Any, Any]]", found: list[tuple[Any, ...]]
) -> Iterable[Model]:
    names, alias = [field.attname for field in fields], connection.alias
    readers = [(index, read) for index, field in enumerate(fields) if (read := _reader(field))]
    for values in map(list, found):
        for index, read in readers:
            values[index] = read(values[index])
        yield model.from_db(alias, names, values)


def _selected(field: "Field[Any, Any]") -> str:
    """A column as it is read: a time as text, which is twice as quick to read as what Django makes of it."""
    return f'"{field.column}"::text' if isinstance(field, DateTimeField) else f'"{field.column}"'


def _reader(field: "Field[Any, Any]") -> Callable[[Any], Any] | None:
    """What turns a column's value into the field's; None where they are the same."""
    if isinstance(field, DateTimeField):
        return lambda value: value and datetime.fromisoformat(value)
    if convert := getattr(field, "from_db_value", None):
        return lambda value: convert(value, field.cached_col, connection)
    return None


class _Before:
    """What rows held before a batch. Most events change a column or two of their row."""

    def __init__(self, model: type[Model], rows: Iterable[Model]) -> None:
        self._names = [field.attname for field in stored_fields(model)]
        self.values = {row.pk: self._values(row) for row in rows}

    def _values(self, row: Model) -> list[Any]:
        # Whatever may be changed in place is kept as it would be written.
        values = [getattr(row, name) for name in self._names]
        return [value if type(value) in _PLAIN else _encoder.encode(value) for value in values]

    def changes(self, rows: Mapping[Any, Model]) -> tuple[list[Model], list[str]]:
        """The rows that have changed since, and the names of the columns in which any of them has."""
        changed, names = [], set()
        for key, before in self.values.items():
            after = self._values(rows[key])
            if after != before:
                changed.append(rows[key])
                names |= {n for n, a, b in zip(self._names, after, before, strict=True) if a != b}
        return changed, sorted(names)


def _insert(model: type[Model], rows: Sequence[Model]) -> None:
    """Write new rows in one statement; one that is there already, against all odds, is overwritten."""
    fields = stored_fields(model)
    table, key = model._meta.db_table, model._meta.pk.column
    columns = ", ".join(f'"{field.column}"' for field in fields)
    changes = ", ".join(f'"{f.column}" = EXCLUDED."{f.column}"' for f in fields if not f.primary_key)
    _write(
        rows,
        fields,
        f'INSERT INTO "{table}" ({columns}) SELECT {columns} '
        f'FROM json_populate_recordset(NULL::"{table}", %s) ON CONFLICT ("{key}") DO UPDATE SET {changes}',
    )


def _update(model: type[Model], rows: Sequence[Model], names: Collection[str]) -> None:
    """Write the columns of these names in one statement: what the others are worth is not computed anew."""
    fields = [field for field in stored_fields(model) if field.primary_key or field.attname in names]
    table, key = model._meta.db_table, model._meta.pk.column
    changes = ", ".join(f'"{f.column}" = new."{f.column}"' for f in fields if not f.primary_key)
    _write(
        rows,
        fields,
        f'UPDATE "{table}" AS live SET {changes} '
        f'FROM json_populate_recordset(NULL::"{table}", %s) AS new WHERE live."{key}" = new."{key}"',
    )


def _write(rows: Sequence[Model], fields: "list[Field[Any, Any]]", statement: str) -> None:
    if rows:
        values = [{field.column: getattr(row, field.attname) for field in fields} for row in rows]
        with connection.cursor() as cursor:
            cursor.execute(statement, [_encoder.encode(values).decode()])
