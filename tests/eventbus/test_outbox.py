"""Publishing: what it costs, what it keeps, and what it refuses."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from eventbus import ConcurrencyError, backdated, current_time, publish, read_stream, send
from eventbus.models import Message
from eventbus.testing import drain, published
from tests.eventbus import toys
from tests.eventbus.toys import Announce, Announced, Counted, Opened, Ring

pytestmark = pytest.mark.usefixtures("toy_bus")
LONG_AGO = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


@transaction.atomic
def count(revision: int | None, *numbers: int) -> None:
    publish(*(Counted(counter="a", number=number) for number in numbers), revision=revision)


def test_publishing_is_one_statement_however_many(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with transaction.atomic(), django_assert_num_queries(1):
        publish(*(Counted(counter="a", number=number) for number in range(50)))


def test_a_stream_is_read_in_its_own_order_up_to_a_moment() -> None:
    with backdated(LONG_AGO):
        count(1, 10, 20)
    count(3, 30)

    assert [(e.revision, e.message) for e in read_stream("counter-a", until=LONG_AGO)] == [
        (1, Counted(counter="a", number=10)),
        (2, Counted(counter="a", number=20)),
    ]
    assert [e.revision for e in read_stream("counter-a", after=2)] == [3]


def test_the_second_writer_of_a_revision_is_refused() -> None:
    count(1, 10)

    with pytest.raises(ConcurrencyError, match=r"^counter-a is not where revision 1 follows: .* again\.$"):
        count(1, 11)

    assert Message.objects.count() == 1


@pytest.mark.parametrize("revision", [2, 3])
def test_a_gap_in_a_stream_is_refused(revision: int) -> None:
    if revision == 3:
        count(1, 10)

    with pytest.raises(ConcurrencyError):
        count(revision, 11)

    assert list(Message.objects.values_list("revision", flat=True)) == [1] * (revision - 2)


def test_a_refused_revision_gives_the_whole_transaction_up() -> None:
    count(1, 10)
    with transaction.atomic():
        publish(Counted(counter="b", number=1))
        with pytest.raises(ConcurrencyError):
            publish(Counted(counter="a", number=11), revision=1)

    assert list(Message.objects.values_list("stream", flat=True)) == ["counter-a"]


def test_published_collects_what_the_block_publishes() -> None:
    count(None, 1)
    with published() as messages:
        count(None, 2)

    assert messages == [Counted(counter="a", number=2)]


def test_all_that_imported_history_causes_happened_then() -> None:
    door = UUID(int=3)
    times: list[datetime] = []
    toys.behaviour["ring"] = lambda message: times.append(current_time())
    with backdated(LONG_AGO), transaction.atomic():
        publish(Opened(door_id=door))

    drain()

    assert times == [LONG_AGO]
    assert set(Message.objects.values_list("type", "occurred_at")) == {
        ("toys.opened", LONG_AGO),
        (Ring.contract.name, LONG_AGO),
    }


def test_a_message_published_by_a_handler_names_its_cause() -> None:
    def answer(message: object) -> None:
        publish(Announced(counter="a"))

    toys.behaviour["announce"] = answer
    with transaction.atomic():
        (command,) = send(Announce(counter="a"))

    drain()

    announced = Message.objects.get(type="toys.announced")
    assert (announced.causation_id, announced.correlation_id) == (command, command)
