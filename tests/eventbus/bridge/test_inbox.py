"""What comes in over the bridge: once, in order, under its own id, or kept until it can be taken."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from msgspec.structs import replace
from pytest_django import Settings

from eventbus import Envelope, arriving, cluster, current_envelope, drain, publish, registry
from eventbus.bridge import arrivals, inbox
from eventbus.contracts.cloudevents import cloud_event, written
from eventbus.doctor import bridging
from eventbus.errors import EventBusError, RestoredCluster
from eventbus.looking.searching import published_at
from eventbus.models import Act, Arrival, Cluster, Message
from tests.eventbus import toys

pytestmark = pytest.mark.usefixtures("bridge")
STORY, CAUSE = uuid4(), uuid4()
THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def named(number: int) -> UUID:
    """The id of a message that was published then."""
    return UUID(int=int(THEN.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | number)


def envelope(number: int, counter: str = "a", **changes: Any) -> Envelope:
    """A message of the other side."""
    message = toys.Counted(counter=counter, number=number)
    plain = Envelope(
        message=message,
        position=number,
        id=named(number),
        stream=message.stream,
        revision=None,
        correlation_id=STORY,
        causation_id=CAUSE,
        occurred_at=THEN,
        headers={"actor": "user-7"},
    )
    return replace(plain, **changes)


def body(number: int, counter: str = "a", **changes: Any) -> bytes:
    """The same as it comes over the bridge, with these attributes instead."""
    told = json.loads(written(cloud_event(envelope(number, counter), source="urn:payments")))
    return json.dumps(told | changes).encode()


def log() -> list[tuple[str, int]]:
    """What our log has, in order."""
    found = Message.objects.filter(type="toys.counted").order_by("position")
    return [(one.data["counter"], one.data["number"]) for one in found]


def states() -> list[str]:
    return list(Arrival.objects.order_by("pk").values_list("state", flat=True))


def test_a_message_keeps_its_id_its_cause_its_time_and_its_headers() -> None:
    assert inbox.take([body(1)]) == 1

    found = Message.objects.get()
    kept = (found.uuid, found.correlation_id, found.causation_id, found.occurred_at, found.headers)
    assert kept == (named(1), STORY, CAUSE, THEN, {"actor": "user-7"})
    assert (found.kind, found.type, found.stream) == ("event", "toys.counted", "counter-a")


def test_it_is_delivered_like_any_other() -> None:
    inbox.take([body(number) for number in (1, 2, 3)])

    drain()

    assert toys.CounterRow.objects.get().numbers == [1, 2, 3]


def test_what_comes_again_is_passed_by() -> None:
    assert inbox.take([body(1), body(2), body(1)]) == 2
    assert inbox.take([body(2), body(3)]) == 1

    assert log() == [("a", 1), ("a", 2), ("a", 3)]


def test_the_same_id_of_another_source_is_another_message() -> None:
    inbox.take([body(1), body(1, source="urn:elsewhere", id="not-a-uuid")])

    assert len(log()) == 2


@pytest.mark.parametrize("_id", ["not-a-uuid", "00000000-0000-4000-8000-000000000001"], ids=["text", "v4"])
def test_an_id_that_tells_no_time_is_kept_beside_one_that_does(_id: str) -> None:
    assert [inbox.take([body(1, id=_id)]) for _ in range(2)] == [1, 0]

    ours = Message.objects.get().uuid
    assert Arrival.objects.values_list("event_id", "message").get() == (_id, ours)
    assert abs(published_at(ours) - timezone.now()) < timedelta(minutes=1)


def test_two_who_take_the_same_at_once_take_it_once() -> None:
    def take() -> int:
        try:
            return inbox.take([body(number) for number in range(1, 21)])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = [pool.submit(take) for _ in range(4)]

    assert sum(one.result() for one in taken) == 20
    assert log() == [("a", number) for number in range(1, 21)]


def test_a_command_that_comes_in_is_handled() -> None:
    ring = toys.Ring(door_id=UUID(int=5))
    plain = replace(envelope(1), message=ring, stream=ring.stream)

    inbox.take([written(cloud_event(plain, source="urn:payments")).encode()])
    drain()

    assert Message.objects.filter(type="toys.ring", kind="command").count() == 1
    assert toys.handled == [ring]


class TestWhatCannotBeTaken:
    def test_a_newer_version_is_parked_and_holds_back_its_stream_only(self) -> None:
        inbox.take([body(1, messageversion=2), body(2), body(3, "b"), body(4)])

        assert states() == ["parked", "waiting", "taken", "waiting"]
        assert log() == [("b", 3)]
        inbox.take([body(5)])
        assert states()[-1] == "waiting"

    def test_it_is_taken_in_order_by_a_process_that_knows_it(self) -> None:
        inbox.take([body(1, messageversion=2), body(2), body(3)])
        assert inbox.take_held() == 0

        newer = replace(toys.Counted.contract, version=2)
        upcasters = {("toys.counted", 1): lambda data: data}
        with patch.object(toys.Counted, "contract", newer), patch.dict(registry._upcasters, upcasters):
            assert inbox.take_held() == 3

        assert (log(), set(states())) == ([("a", 1), ("a", 2), ("a", 3)], {"taken"})
        assert not Arrival.objects.exclude(body="").exists()

    def test_a_type_without_a_class_is_parked(self) -> None:
        inbox.take([body(1, type="toys.only_newer")])

        assert Arrival.objects.values_list("state", "type").get() == ("parked", "toys.only_newer")

    def test_a_type_that_nobody_here_receives_is_refused_and_holds_back_nothing(self) -> None:
        inbox.take([body(1, type="toys.announced"), body(2)])

        assert (states(), log()) == (["refused", "taken"], [("a", 2)])

    @pytest.mark.parametrize(
        "poison", [b"{", b"\xff\x00", b"[]", b'{"specversion": "1.0"}'], ids=["json", "bytes", "list", "bare"]
    )
    def test_what_is_no_cloud_event_is_refused_once_and_kept(self, poison: bytes) -> None:
        inbox.take([poison, body(1), poison])

        assert (states(), log()) == (["refused", "taken"], [("a", 1)])
        assert "This is no CloudEvent 1.0" in Arrival.objects.get(state="refused").error

    @pytest.mark.parametrize(
        "strange",
        [
            {"id": "a\x00b"},
            {"source": "urn:\ud800"},
            {"partitionkey": "counter-\x00"},
            {"id": "x" * 201},
            {"messageheaders": "[]"},
            {"messageheaders": "[" * 100_000},
            {"time": "0001-01-01T00:00:00+23:00"},
        ],
        ids=["nul", "half", "stream", "long", "headers", "depth", "time"],
    )
    def test_what_no_database_could_keep_or_read_is_refused_and_stops_nobody(
        self, strange: dict[str, str]
    ) -> None:
        inbox.take([body(1, **strange), body(2, "b")])

        assert (states(), log()) == (["refused", "taken"], [("b", 2)])

    def test_two_whose_long_ids_begin_alike_are_two(self) -> None:
        long = "x" * 200

        assert inbox.take([body(1, id=f"{long}1"), body(2, id=f"{long}2")]) == 2

    def test_data_that_is_not_of_its_class_is_refused_and_holds_back_its_stream(self) -> None:
        inbox.take([body(1, data={"counter": "a", "number": "many"}), body(2), body(3, "b")])

        assert (states(), log()) == (["refused", "waiting", "taken"], [("b", 3)])

    def test_a_person_has_it_tried_again_or_discards_it_and_its_stream_goes_on(self) -> None:
        inbox.take([body(1, data={"counter": "a", "number": "many"}), body(2)])
        pk = Arrival.objects.get(state="refused").pk

        assert inbox.retry([pk], actor="sam") == 0
        assert states() == ["refused", "waiting"]
        assert inbox.discard([pk], actor="sam", reason="a slip of theirs") == 1

        assert (states(), log()) == (["discarded", "taken"], [("a", 2)])
        acts = Act.objects.order_by("pk").values_list("actor", "act", "reason")
        assert list(acts) == [("sam", "retry arrival", ""), ("sam", "discard arrival", "a slip of theirs")]

    def test_each_that_is_tried_again_is_whatever_becomes_of_the_others(self) -> None:
        inbox.take([b"{", b"["])

        assert inbox.retry(Arrival.objects.values_list("pk", flat=True), actor="sam") == 0
        assert states() == ["refused", "refused"]

    def test_what_still_cannot_be_read_costs_a_look_and_no_writing(self) -> None:
        inbox.take([body(number, str(number), messageversion=2) for number in (1, 2, 3)])

        with CaptureQueriesContext(connection) as asked:
            assert inbox.take_held() == 0

        assert [query["sql"].split()[0] for query in asked.captured_queries] == ["SELECT"] * 5

    def test_what_is_not_received_any_more_lets_its_stream_go_on(self, settings: Settings) -> None:
        inbox.take([body(1, type="toys.only_newer"), body(2)])
        assert states() == ["parked", "waiting"]

        bridge = settings.EVENTBUS["BRIDGE"] | {"RECEIVE": ["toys.counted"]}
        settings.EVENTBUS = settings.EVENTBUS | {"BRIDGE": bridge}
        inbox.take_held()
        inbox.take_held()

        assert (states(), log()) == (["refused", "taken"], [("a", 2)])

    def test_a_restored_log_takes_nothing_and_refuses_nothing(self) -> None:
        inbox.take([body(1, messageversion=2)])
        Cluster.objects.update(system_identifier=42)
        connection.close()
        try:
            with pytest.raises(RestoredCluster):
                inbox.take([body(2, "b")])
        finally:
            cluster.stamp()

        assert states() == ["parked"]
        assert inbox.take([body(2, "b")]) == 1

    def test_discarding_needs_a_reason(self) -> None:
        inbox.take([b"{"])

        with pytest.raises(EventBusError, match="without a reason"):
            inbox.discard([Arrival.objects.get().pk], actor="sam", reason=" ")

    def test_the_command_lists_shows_and_decides(self) -> None:
        inbox.take([body(1, data={"counter": "a", "number": "many"}), body(2)])
        pk = Arrival.objects.get(state="refused").pk

        said = _said("list")
        assert re.search(rf"^{pk}  refused  toys.counted  counter-a  .*data", said, re.MULTILINE)
        assert '"many"' in _said("show", str(pk))
        assert _said("retry", str(pk)) == "0 taken.\n"
        with pytest.raises(CommandError, match="--reason"):
            _said("discard", str(pk))
        assert _said("discard", str(pk), "--reason", "theirs") == "1 discarded.\n"
        assert _said("list") == "Nothing is held.\n"

    def test_the_doctor_tells_of_it(self) -> None:
        inbox.take([body(1, messageversion=2), body(2), b"{"])

        found = {finding.means: finding.step for finding in bridging.arrivals()}
        assert list(found) == [
            "1 messages from the bridge are parked, of 1 streams.",
            "1 messages from the bridge are refused, of 1 streams.",
            "1 messages from the bridge are waiting, of 1 streams.",
        ]
        assert [finding.severity.name for finding in bridging.receiver()] == ["CRITICAL"]


def _said(*arguments: str) -> str:
    out = StringIO()
    call_command("arrivals", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def _copies() -> Iterator[None]:
    @arriving
    def keep_copy(event: toys.Counted, envelope: Envelope) -> None:
        assert current_envelope() == envelope
        if event.number == 13:
            raise ValueError("not thirteen\x00")  # what others wrote may be repeated in an error
        toys.CounterRow.objects.create(counter=f"copy of {event.number}")

    yield
    arrivals.forget(keep_copy)


@pytest.mark.usefixtures("_copies")
class TestWhoKeepsACopy:
    def test_it_is_kept_in_the_transaction_that_takes_the_message(self) -> None:
        inbox.take([body(1), body(1)])

        assert toys.CounterRow.objects.values_list("counter", flat=True).get() == "copy of 1"

    def test_where_that_fails_the_message_is_refused_and_nothing_else_with_it(self) -> None:
        inbox.take([body(12), body(13), body(14), body(15, "b")])

        assert states() == ["taken", "refused", "waiting", "taken"]
        assert log() == [("a", 12), ("b", 15)]
        assert toys.CounterRow.objects.count() == 2
        assert "ValueError: not thirteen" in Arrival.objects.get(state="refused").error

    def test_what_is_published_here_does_not_arrive(self) -> None:
        with transaction.atomic():
            publish(toys.Counted(counter="a", number=1))

        assert toys.CounterRow.objects.count() == 0


def test_what_was_taken_long_ago_is_forgotten_and_what_is_held_is_not() -> None:
    inbox.take([body(1), body(2), b"{"])
    Arrival.objects.exclude(event_id=str(named(2))).update(arrived_at=timezone.now() - timedelta(days=31))

    assert inbox.forget() == 1
    assert sorted(states()) == ["refused", "taken"]
