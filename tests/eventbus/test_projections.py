"""What a projection writes: new rows whole, of the others what has changed."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from msgspec import structs

from eventbus import Projection, publish
from eventbus.testing import assert_rebuilds, drain
from tests.eventbus.toys import Counted, CounterRow, Counters

pytestmark = pytest.mark.usefixtures("toy_bus")


def count(*numbers: int, counter: str = "a") -> None:
    with transaction.atomic():
        publish(*(Counted(counter=counter, number=number) for number in numbers))
    drain()


@contextmanager
def written() -> Generator[list[str]]:
    """The statements that write to the counters' table."""
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if '"toys_counter"' in sql and not sql.startswith("SELECT"):
            statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield statements


def folded_by(fold: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the counters be folded in another way."""
    calls = {Counted: structs.replace(Counters.calls[Counted], function=fold)}
    monkeypatch.setattr(Counters, "calls", calls)


def add(self: Projection, row: CounterRow, event: Counted) -> None:
    row.total += event.number


def append(self: Projection, row: CounterRow, event: Counted) -> None:
    row.numbers.append(event.number)


def ignore(self: Projection, row: CounterRow, event: Counted) -> None:
    """Nothing to see here."""


def test_a_column_that_has_not_changed_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    folded_by(add, monkeypatch)
    count(1)

    with written() as statements:
        count(2, 3)

    (update,) = statements
    assert update.startswith('UPDATE "toys_counter" AS live SET "total" = new."total" FROM ')
    assert CounterRow.objects.get().total == 6


def test_what_was_changed_in_place_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    folded_by(append, monkeypatch)
    count(1)

    count(2, 3)

    assert CounterRow.objects.get().numbers == [1, 2, 3]


def test_a_row_that_has_not_changed_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    count(1)
    folded_by(ignore, monkeypatch)

    with written() as statements:
        count(2)

    assert statements == []
    assert CounterRow.objects.get().numbers == [1]


def test_a_batch_with_new_and_old_rows_takes_two_statements() -> None:
    count(1)
    with transaction.atomic():
        publish(*(Counted(counter=counter, number=2) for counter in "abcabc"))

    with written() as statements:
        drain()

    assert [statement.split()[0] for statement in statements] == ["INSERT", "UPDATE"]
    assert {row.counter: row.numbers for row in CounterRow.objects.all()} == {
        "a": [1, 2, 2],
        "b": [2, 2],
        "c": [2, 2],
    }
    assert_rebuilds(Counters)
