"""What a message does once it is committed."""

from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from eventbus import publish, send
from eventbus.models import Delivery
from eventbus.testing import assert_rebuilds, drain
from tests.eventbus import toys
from tests.eventbus.toys import Announce, Announced, Counted, CounterRow, Counters, Opened, Ring, Silence

DOOR = UUID(int=1)
pytestmark = pytest.mark.usefixtures("toy_bus")


@transaction.atomic
def count(counter: str, *numbers: int) -> None:
    publish(*(Counted(counter=counter, number=number) for number in numbers))


def test_a_projection_folds_what_was_published_in_order() -> None:
    count("a", 1, 2)
    count("b", 5)
    count("a", 3)

    drain()

    assert {row.counter: row.numbers for row in CounterRow.objects.all()} == {"a": [1, 2, 3], "b": [5]}
    assert_rebuilds(Counters)


def test_a_rolled_back_message_reaches_nobody() -> None:
    with transaction.atomic():
        publish(Counted(counter="a", number=1))
        transaction.set_rollback(True)

    drain()

    assert toys.handled == []


def test_a_command_reaches_its_handler_once() -> None:
    with transaction.atomic():
        send(Announce(counter="a"))

    drain()
    drain()

    assert toys.handled == [Announce(counter="a")]


def test_an_external_handler_calls_and_records() -> None:
    with transaction.atomic():
        publish(Announced(counter="a"))

    drain()

    assert (toys.handled, toys.recorded) == ([Announced(counter="a")], ["a"])


def test_a_saga_sends_its_command() -> None:
    with transaction.atomic():
        publish(Opened(door_id=DOOR))

    drain()

    assert toys.handled == [Ring(door_id=DOOR)]
    assert Silence(door_id=DOOR) not in toys.handled


def test_what_waits_for_its_handler_is_not_handed_over_twice() -> None:
    def refuse(message: object) -> None:
        raise ValueError("not now")

    toys.behaviour["caller"] = refuse
    with transaction.atomic():
        publish(Announced(counter="a"))
    now = timezone.now()

    drain(now, twice=True)
    drain(now, twice=True)

    assert Delivery.objects.count() == 1
    assert toys.handled == [Announced(counter="a")]
