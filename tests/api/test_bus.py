"""What staff do with the bus over HTTP: read its log, and decide about dead letters."""

from typing import Any, get_args
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from eventbus import Reject, drain, publish, send
from eventbus.api.subscriptions import SubscriptionSerializer
from eventbus.models import Act, Delivery, Message
from eventbus.subscriptions import Queue
from tests.api.client import Answer
from tests.api.test_staff import a_program
from tests.eventbus import toys
from tests.eventbus.toys import Counted, Ring

pytestmark = pytest.mark.usefixtures("toy_bus", "api")
OPENED = toys.Opened(door_id=uuid4())
RING = Ring(door_id=OPENED.door_id)


def count(*numbers: int, counter: str = "a") -> None:
    for number in numbers:
        with transaction.atomic():
            publish(Counted(counter=counter, number=number))


def refuse(_message: object) -> None:
    raise Reject("the bell is broken")


def positions(answer: Answer) -> list[int]:
    return [item["position"] for item in answer["items"]]


def test_the_log_is_read_page_by_page_from_the_newest() -> None:
    count(1, 2, 3, 4, 5)
    staff = a_program("eventbus.view_message")

    first = staff.get("/staff/messages/", limit=2)
    count(6)
    second = staff.get("/staff/messages/", limit=2, cursor=first["next_cursor"])
    third = staff.get("/staff/messages/", limit=2, cursor=second["next_cursor"])

    newest = Message.objects.order_by("-position").values_list("position", flat=True)
    assert [*positions(first), *positions(second), *positions(third)] == list(newest)[1:]
    assert third["next_cursor"] is None


def test_a_page_of_the_log_is_one_query() -> None:
    count(1, 2, 3)
    staff = a_program("eventbus.view_message")

    with CaptureQueriesContext(connection) as asked:
        staff.get("/staff/messages/", stream="counter-a")

    assert [query["sql"] for query in asked if "eventbus_message" in query["sql"]][1:] == []


def test_messages_are_found_by_type_stream_and_story() -> None:
    count(1)
    count(2, counter="b")
    with transaction.atomic():
        publish(OPENED)
    story = Message.objects.get(type="toys.opened").correlation_id
    staff = a_program("eventbus.view_message")

    def found(**query: Any) -> list[str]:
        return [item["stream"] for item in staff.get("/staff/messages/", **query)["items"]]

    assert found(type="toys.counted") == ["counter-b", "counter-a"]
    assert found(stream="counter-a") == ["counter-a"]
    assert found(correlation_id=story) == [OPENED.stream]
    assert found(type="toys.counted", stream="counter-c") == []


def test_a_message_shows_its_cause_its_effects_and_its_consumers() -> None:
    with transaction.atomic():
        publish(OPENED)
    toys.behaviour["ring"] = refuse
    drain()
    opened, ring = Message.objects.order_by("position")[:2]
    staff = a_program("eventbus.view_message")

    cause, effect = (staff.get(f"/staff/messages/{message.uuid}/") for message in (opened, ring))

    assert (cause["data"], cause["cause"]) == ({"door_id": str(OPENED.door_id)}, None)
    assert [each["id"] for each in cause["effects"]] == [effect["id"]]
    assert effect["cause"]["id"] == cause["id"]
    assert [(each["subscription"], each["state"]) for each in cause["consumers"]] == [("toys.door", "passed")]
    assert effect["consumers"] == [
        {
            "subscription": "toys.ring",
            "state": "dead",
            "attempts": 1,
            "error": "Reject: the bell is broken",
            "dead_letter": Delivery.objects.get().pk,
        }
    ]


def test_a_message_says_who_has_not_read_it() -> None:
    count(1)

    story = a_program("eventbus.view_message").get(f"/staff/messages/{Message.objects.get().uuid}/")

    assert {each["state"] for each in story["consumers"]} == {"unread"}


def test_there_is_no_message_that_nobody_published() -> None:
    assert a_program("eventbus.view_message").get(f"/staff/messages/{uuid4()}/").refusal == (404, "not_found")


@pytest.fixture
def dead() -> int:
    """A command that its handler could not take, and one behind it."""
    toys.behaviour["ring"] = refuse
    for _ in range(2):
        with transaction.atomic():
            send(RING)
    drain()
    return Delivery.objects.get(state="dead").pk


def test_dead_letters_are_listed_with_what_waits_behind_them(dead: int) -> None:
    staff = a_program("eventbus.view_delivery")

    listed = staff.get("/staff/dead-letters/", subscription="toys.ring", error="bell")
    told = staff.get(f"/staff/dead-letters/{dead}/")

    assert [(each["id"], each["behind"], each["error"]) for each in listed["items"]] == [
        (dead, 1, "Reject: the bell is broken")
    ]
    assert (told["state"], told["message"]["type"], told["decided"]) == ("dead", "toys.ring", [])
    assert staff.get("/staff/dead-letters/", type="toys.silence")["items"] == []
    assert staff.get("/staff/dead-letters/", cursor=dead)["items"] == []


def test_a_dead_letter_is_retried_once_and_by_whom_is_kept(dead: int) -> None:
    staff = a_program("eventbus.change_delivery", "eventbus.view_delivery")
    place = f"/staff/dead-letters/{dead}/"

    taken = [staff.post(f"{place}retry/", {"reason": "new battery"}, key="one") for _ in range(2)]
    late = staff.post(f"{place}retry/", {})
    waiting = staff.get(taken[0]["status_url"])
    del toys.behaviour["ring"]
    toys.handled.clear()
    drain()

    assert [answer.status for answer in taken] == [202, 202]
    assert late.refusal == (409, "not_dead")
    assert (waiting["state"], waiting["decided"][0]["actor"]) == ("waiting", "grace")
    assert staff.get(place).refusal == (404, "not_found")
    assert list(Act.objects.values_list("actor", "act", "reason")) == [("grace", "retry", "new battery")]
    assert [ring for ring in toys.handled if isinstance(ring, Ring)] == [RING] * 2


def test_a_dead_letter_is_discarded_for_a_reason(dead: int) -> None:
    staff = a_program("eventbus.change_delivery", "eventbus.view_delivery")
    place = f"/staff/dead-letters/{dead}/discard/"

    silent = [staff.post(place, body) for body in ({}, {"reason": "  "})]
    staff.post(place, {"reason": "rung by hand"})
    del toys.behaviour["ring"]
    toys.handled.clear()
    drain()

    assert [answer.refusal for answer in silent] == [(422, "invalid_fields")] * 2
    assert staff.post(place, {"reason": "again"}).refusal == (404, "not_found")
    assert Act.objects.values_list("actor", "act", "reason", "error").get() == (
        "grace",
        "discard",
        "rung by hand",
        "Reject: the bell is broken",
    )
    assert [ring for ring in toys.handled if isinstance(ring, Ring)] == [RING]


def test_a_subscription_says_how_far_behind_it_is() -> None:
    count(1, 2)
    staff = a_program("eventbus.view_checkpoint")
    place = "/staff/subscriptions/toys.counters/"

    before = staff.get(place)
    drain()
    after = staff.get(place)

    assert (before["state"], before["unread"], before["queue"]) == ("behind", 2, "projections")
    assert (after["state"], after["unread"], after["oldest_unread_seconds"]) == ("up_to_date", 0, None)
    assert after["types"] == ["toys.counted"]
    assert after.body in staff.get("/staff/subscriptions/").body


def test_a_subscription_says_what_waits_and_what_is_dead(dead: int) -> None:
    told = a_program("eventbus.view_checkpoint").get("/staff/subscriptions/toys.ring/")

    assert (told["dead"], told["waiting"]) == (1, 1)


def test_a_subscription_is_paused_for_a_reason_and_resumed() -> None:
    staff = a_program("eventbus.change_pause")
    place = "/staff/subscriptions/toys.counters/"

    early = staff.post(f"{place}resume/")
    silent = staff.post(f"{place}pause/")
    paused = staff.post(f"{place}pause/", {"reason": "moving house"})
    count(1)
    drain()
    held = toys.CounterRow.objects.exists()
    resumed = staff.post(f"{place}resume/", {"reason": "moved"})
    drain()

    assert (early.refusal, silent.refusal) == ((409, "not_paused"), (422, "invalid_fields"))
    assert (paused["state"], paused["pause"]["actor"], held) == ("paused", "grace", False)
    assert (resumed["state"], resumed["pause"]) == ("behind", None)
    assert toys.CounterRow.objects.get().total == 1
    assert list(Act.objects.order_by("pk").values_list("actor", "act", "reason")) == [
        ("grace", "pause", "moving house"),
        ("grace", "resume", "moved"),
    ]


def test_every_kind_of_queue_is_among_those_that_clients_are_told() -> None:
    told: Any = SubscriptionSerializer().fields["queue"]

    assert set(told.choices) == set(get_args(Queue))


@pytest.mark.parametrize("act", ["", "pause/", "resume/"])
def test_there_is_no_subscription_that_nobody_declared(act: str) -> None:
    staff = a_program("eventbus.change_pause", "eventbus.view_checkpoint")
    place = f"/staff/subscriptions/toys.nothing/{act}"

    answer = staff.post(place, {"reason": "x"}) if act else staff.get(place)

    assert answer.refusal == (404, "not_found")
