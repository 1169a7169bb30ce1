"""Stories told once more: handlers get every message a second time, and what they refuse can be given up."""

from uuid import UUID, uuid4

import pytest
from django.db import transaction

from eventbus import Reject, chaos, correlate, drain, publish, send
from eventbus.models import Act, Delivery
from tests.eventbus import toys
from tests.eventbus.toys import Announce, Counted, CounterRow

pytestmark = pytest.mark.usefixtures("toy_bus")


def tell(counter: str) -> UUID:
    story = uuid4()
    with correlate(story), transaction.atomic():
        publish(Counted(counter=counter, number=5))
        send(Announce(counter=counter))
    return story


def test_handlers_get_every_message_of_a_story_twice_and_projections_do_not() -> None:
    story, other = tell("a"), tell("b")
    drain()
    toys.handled.clear()

    again = chaos.deliver_again([story])
    drain()

    assert again == len(toys.handled) == 2
    assert {message.key_value for message in toys.handled} == {"a"}
    assert CounterRow.objects.get(pk="a").total == 5
    assert not chaos.waiting([story, other])


def test_what_nobody_has_read_yet_is_not_told_again() -> None:
    assert chaos.deliver_again([tell("a")]) == 0


def test_a_story_waits_until_everybody_has_dealt_with_it() -> None:
    story = tell("a")

    unread = chaos.waiting([story])
    drain()
    read = chaos.waiting([story])
    chaos.deliver_again([story])

    # The counter's row, the listener and the announcement; then what was set aside for the two handlers.
    assert (unread, read, chaos.waiting([story])) == (3, 0, 2)


def test_what_is_refused_the_second_time_is_given_up_with_a_reason() -> None:
    story, other = tell("a"), tell("b")
    drain()
    toys.behaviour["announce"] = refuse
    chaos.deliver_again([story, other])
    drain()

    letters = chaos.dead([story])
    count = chaos.give_up(letters, actor="the lab", reason="It was done before.")

    assert [(letter.subscription, letter.error, letter.behind) for letter in letters] == [
        ("toys.announce", "Reject: once is enough", 0)
    ]
    assert (count, Delivery.objects.count()) == (1, 1)
    assert Act.objects.values_list("actor", "reason").get() == ("the lab", "It was done before.")


def refuse(_message: object) -> None:
    raise Reject("once is enough")
