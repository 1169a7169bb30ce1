"""A fold changes its row and nothing else."""

from collections.abc import Callable
from functools import wraps

import pytest
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from msgspec import structs

from eventbus import Projection, current_time, on, publish
from eventbus.errors import DefinitionError
from eventbus.models import Delivery
from eventbus.purity import require_pure
from eventbus.testing import drain
from tests.eventbus import clocks
from tests.eventbus.toys import Announced, Counted, CounterRow, Counters

pytestmark = pytest.mark.usefixtures("toy_bus")
Fold = Callable[[Projection, CounterRow, Counted], None]


def publishes(self: Projection, row: CounterRow, event: Counted) -> None:
    publish(Announced(counter=event.counter))


def asks_on_commit(self: Projection, row: CounterRow, event: Counted) -> None:
    transaction.on_commit(lambda: None)


def reads_another_table(self: Projection, row: CounterRow, event: Counted) -> None:
    Delivery.objects.count()


@pytest.mark.parametrize(
    ("fold", "said"),
    [
        (publishes, "published Announced during a fold."),
        (asks_on_commit, "asked for something to be done on commit during a fold."),
        (reads_another_table, "queried the database (SELECT COUNT(*)"),
    ],
)
def test_a_fold_may_do_nothing_but_change_its_row(
    fold: Fold, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = {Counted: structs.replace(Counters.calls[Counted], function=fold)}
    monkeypatch.setattr(Counters, "calls", calls)
    with transaction.atomic():
        publish(Counted(counter="a", number=1))

    drain()

    (waiting,) = Delivery.objects.filter(subscription="toys.counters")
    assert waiting.error.startswith(f"ImpureFold: toys.counters {said}")


def test_after_a_fold_all_is_allowed_again() -> None:
    with transaction.atomic():
        publish(Counted(counter="a", number=1))
    drain()
    done: list[str] = []

    with transaction.atomic():
        transaction.on_commit(lambda: done.append("done"))

    assert done == ["done"]


def reads_the_clock(self: Projection, row: CounterRow, event: Counted) -> None:
    row.total = timezone.now().year


def reads_the_bus_clock(self: Projection, row: CounterRow, event: Counted) -> None:
    row.numbers = list(range(2010, current_time().year))


def mails(self: Projection, row: CounterRow, event: Counted) -> None:
    send_mail("counted", "", None, ["ann@example.com"])


def year() -> int:
    return timezone.now().year


def reads_the_clock_through_a_function(self: Projection, row: CounterRow, event: Counted) -> None:
    row.numbers = sorted(year() for _ in range(2))


def reads_the_clock_in_another_module(self: Projection, row: CounterRow, event: Counted) -> None:
    row.total = clocks.Calendar.year()


def with_a_stamp(fold: Fold) -> Fold:
    @wraps(fold)
    def stamped(self: Projection, row: CounterRow, event: Counted) -> None:
        fold(self, row, event)
        row.total = clocks.stamp()

    return stamped


def unchanged(fold: Fold) -> Fold:
    @wraps(fold)
    def same(self: Projection, row: CounterRow, event: Counted) -> None:
        fold(self, row, event)

    return same


@with_a_stamp
def is_stamped(self: Projection, row: CounterRow, event: Counted) -> None:
    row.counter = event.counter


@pytest.mark.parametrize(
    ("fold", "used"),
    [
        (reads_the_clock, "now:"),
        (reads_the_bus_clock, "current_time:"),
        (mails, "send_mail:"),
        (reads_the_clock_through_a_function, "now, through tests.eventbus.test_purity.year:"),
        (reads_the_clock_in_another_module, "today, through tests.eventbus.clocks.Calendar.year:"),
        (unchanged(mails), "send_mail, through tests.eventbus.test_purity.mails:"),
        (is_stamped, "time_ns, through tests.eventbus.clocks.stamp:"),
    ],
)
def test_a_fold_that_names_the_clock_or_the_post_office_is_refused_where_it_is_declared(
    fold: Fold, used: str
) -> None:
    with pytest.raises(DefinitionError, match=rf"\.{fold.__name__} uses {used} "):

        class Impure(Projection, name="toys.impure"):
            row = CounterRow
            key = "counter"
            counted = on(fold)


def test_a_method_of_the_projection_is_followed_too() -> None:
    with pytest.raises(DefinitionError, match=r"\.counted uses now, through .*\.Impure\._label: "):

        class Impure(Projection, name="toys.impure"):
            row = CounterRow
            key = "counter"

            @on
            def counted(self, row: CounterRow, event: Counted) -> None:
                row.counter = self._label()

            def _label(self) -> str:
                return self._again() or timezone.now().isoformat()

            def _again(self) -> str:
                return self._label()


def test_what_reads_no_clock_is_allowed_and_libraries_and_the_bus_are_not_followed() -> None:
    require_pure(lambda self, row, event: (clocks.year_of(event), structs.replace(event), drain()))
