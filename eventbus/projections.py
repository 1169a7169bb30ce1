"""Projections: read models as pure folds.

    class OrderHistory(Projection, name="orders.order_history", version=1):
        row = OrderHistoryRow
        key = "order_id"

        @on
        def placed(self, row: OrderHistoryRow, event: OrderPlaced) -> None:
            row.state = "placed"

The bus loads the rows of a whole batch in one query, folds the events in order in Python, and writes the
changed rows back in one statement, in the transaction that also moves the checkpoint: the effect is
exactly-once. A fold may change its row and nothing else, so that a replay can never send or charge anything.
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from django.db import connection
from django.db.models import DateTimeField, Field, Model

from eventbus.errors import DefinitionError
from eventbus.messages import Event, Message
from eventbus.purity import pure, require_pure
from eventbus.subscriptions import Batch, Call, Subscription, calls_of, invoke, register

_encoder = msgspec.json.Encoder()


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
            require_pure(call.function)
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
        with pure(self.name):
            for envelope, keys in keyed:
                call = self.calls[type(envelope.message)]
                for key in keys:
                    row = rows.get(key)
                    if row is None:
                        row = rows[key] = self.row(pk=key)
                    invoke(call, envelope, self, row)
        _write(self.row, [rows[key] for key in touched])
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


def _write(model: type[Model], rows: Iterable[Model]) -> None:
    """Insert or update rows in one statement."""
    fields = stored_fields(model)
    names = [field.attname for field in fields]
    columns = [field.column for field in fields]
    values = [dict(zip(columns, [getattr(row, name) for name in names], strict=True)) for row in rows]
    if not values:
        return
    with connection.cursor() as cursor:
        cursor.execute(_upsert_statement(model, fields), [_encoder.encode(values).decode()])


def _upsert_statement(model: type[Model], fields: "list[Field[Any, Any]]") -> str:
    table, key = model._meta.db_table, model._meta.pk.column
    columns = ", ".join(f'"{field.column}"' for field in fields)
    changes = ", ".join(f'"{f.column}" = EXCLUDED."{f.column}"' for f in fields if not f.primary_key)
    return (
        f'INSERT INTO "{table}" ({columns}) '
        f'SELECT {columns} FROM json_populate_recordset(NULL::"{table}", %s) '
        f'ON CONFLICT ("{key}") DO UPDATE SET {changes}'
    )
