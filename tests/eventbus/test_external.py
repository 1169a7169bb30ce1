"""Calling out: attempts, leases and outages."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from eventbus import Command, DependencyDown, Event, current_envelope
from eventbus.errors import LeaseLost
from eventbus.external import call, call_out, claim, give_back, settle
from eventbus.lanes import deliver_lane, headline
from eventbus.models import Delivery, Message
from eventbus.subscriptions import subscription
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.telling import announce
from tests.eventbus.toys import Announced

pytestmark = pytest.mark.usefixtures("toy_bus")


def fail_with(error: Exception) -> None:
    """Let every call fail."""

    def fail(message: Event | Command) -> None:
        raise error

    toys.behaviour["caller"] = fail


def drain_every_hour(times: int) -> None:
    for hours in range(times):
        drain(timezone.now() + timedelta(hours=hours))


def set_aside() -> None:
    """Bring the messages as far as their deliveries, without calling out."""
    list(deliver_lane(subscription("toys.caller"), 0, timezone.now()))


def test_no_transaction_is_open_during_a_call() -> None:
    open_during_call = []

    def look(message: Event | Command) -> None:
        open_during_call.append(connection.in_atomic_block)

    toys.behaviour["caller"] = look
    announce("a")

    drain()

    assert open_during_call == [False]


def test_an_outage_costs_no_attempt() -> None:
    fail_with(DependencyDown("bell tower"))
    announce("a")
    drain_every_hour(10)

    (waiting,) = Delivery.objects.all()
    assert (waiting.attempts, waiting.outages, waiting.state) == (0, 10, Delivery.State.WAITING)
    assert waiting.error == "DependencyDown: bell tower"

    toys.behaviour.clear()
    drain(timezone.now() + timedelta(hours=11))
    assert toys.recorded == ["a"]


def test_a_message_of_newer_code_is_not_called_out_however_often_it_is_due() -> None:
    announce("a")
    Message.objects.filter(type="toys.announced").update(version=9)
    drain_every_hour(5)

    (waiting,) = Delivery.objects.filter(subscription="toys.caller")
    assert (waiting.attempts, waiting.state, toys.handled) == (0, Delivery.State.UNKNOWN, [])


def test_a_failing_call_ends_as_a_dead_letter() -> None:
    fail_with(ValueError("no bell"))
    announce("a")
    drain_every_hour(5)

    (dead,) = Delivery.objects.all()
    assert (dead.attempts, dead.state) == (3, Delivery.State.DEAD)
    assert headline(dead.error) == "ValueError: no bell"
    assert toys.recorded == []


def test_the_attempt_is_counted_when_it_begins() -> None:
    announce("a")
    set_aside()

    claim(subscription("toys.caller"), timezone.now())

    assert Delivery.objects.get().attempts == 1


def test_who_has_lost_the_lease_settles_nothing_and_hears_about_it() -> None:
    announce("a")
    set_aside()
    caller = subscription("toys.caller")
    slow = claim(caller, timezone.now())
    quick = claim(caller, timezone.now() + timedelta(seconds=61))
    assert slow is not None
    assert quick is not None
    assert slow.envelope.id == quick.envelope.id

    with pytest.raises(LeaseLost, match=r"^toys.caller took longer than its lease of 60 s for message \d+; "):
        settle(caller, slow, lambda: toys.recorded.append("slow"))
    settle(caller, quick, lambda: toys.recorded.append("quick"))

    assert toys.recorded == ["quick"]
    assert not Delivery.objects.exists()


def test_a_claimed_delivery_and_its_stream_are_left_alone() -> None:
    announce("a", "a", "b")
    set_aside()
    caller = subscription("toys.caller")

    claimed = [claim(caller, timezone.now()) for _ in range(3)]

    assert [lease and lease.envelope.message for lease in claimed] == [
        Announced(counter="a"),
        Announced(counter="b"),
        None,
    ]


def test_a_second_delivery_calls_again_with_the_same_message() -> None:
    announce("a")

    drain(twice=True)

    assert toys.handled == [Announced(counter="a"), Announced(counter="a")]


@pytest.mark.parametrize("ends_well", [True, False])
def test_a_lease_that_ended_under_a_slow_call_is_taken_over_with_the_same_key(ends_well: bool) -> None:
    calling, go_on = threading.Event(), threading.Event()
    keys: list[UUID] = []
    losses: list[str] = []

    def answer_slowly_at_first(message: Event | Command) -> None:
        envelope = current_envelope()
        assert envelope is not None
        keys.append(envelope.id)
        if len(keys) == 1:
            calling.set()
            assert go_on.wait(10)
            if not ends_well:
                raise ValueError("too late")

    def work() -> None:
        try:
            list(call_out(subscription("toys.caller"), timezone.now()))
        except LeaseLost as loss:
            losses.append(f"{loss}")
        connection.close()

    toys.behaviour["caller"] = answer_slowly_at_first
    announce("a")
    set_aside()
    slow = threading.Thread(target=work)
    slow.start()
    assert calling.wait(10)
    list(call_out(subscription("toys.caller"), timezone.now() + timedelta(seconds=61)))
    go_on.set()
    slow.join(10)

    message = Message.objects.get()
    assert keys == [message.uuid, message.uuid]
    assert toys.recorded == ["a"]
    assert losses == [
        f"toys.caller took longer than its lease of 60 s for message {message.position}; another worker has "
        f"it now. Raise lease_seconds above the longest call."
    ]
    assert not Delivery.objects.exists()


def test_who_has_lost_the_lease_cannot_give_the_delivery_back() -> None:
    announce("a")
    set_aside()
    caller = subscription("toys.caller")
    slow = claim(caller, timezone.now())
    quick = claim(caller, timezone.now() + timedelta(seconds=61))
    assert slow is not None
    assert quick is not None

    with pytest.raises(LeaseLost) as loss:
        give_back(caller, slow, ValueError("too late"), timezone.now())

    assert isinstance(loss.value.__cause__, ValueError)
    assert Delivery.objects.values_list("state", "token", "error").get() == ("claimed", quick.token, "")


def test_a_crash_between_call_and_settling_counts_and_never_ending_calls_end_as_a_dead_letter() -> None:
    announce("a")
    set_aside()
    caller, now = subscription("toys.caller"), timezone.now()
    for attempt in range(1, 4):
        lease = claim(caller, now)
        assert lease is not None
        assert lease.attempts == attempt
        call(caller, lease)
        now += timedelta(seconds=61)

    list(call_out(caller, now))

    assert len(toys.handled) == 3
    position = Message.objects.get().position
    assert Delivery.objects.values_list("state", "error").get() == (
        "dead",
        f"Reject: toys.caller was called 3 times for message {position} and never came back: its worker "
        f"died, or the call outlived its lease of 60 s. Find out why before retrying it.",
    )


def test_a_result_that_cannot_be_recorded_leaves_the_delivery_for_another_try() -> None:
    announce("a")
    set_aside()
    caller = subscription("toys.caller")
    lease = claim(caller, timezone.now())
    assert lease is not None

    def record() -> None:
        Delivery.objects.create(
            subscription="toys.half", message_id=1, stream="", shard=0, due_at=timezone.now()
        )
        raise ValueError("no ink")

    with pytest.raises(ValueError, match="no ink"):
        settle(caller, lease, record)

    assert Delivery.objects.values_list("subscription", "state").get() == ("toys.caller", "claimed")


def test_a_result_that_loses_a_deadlock_is_recorded_without_another_call() -> None:
    announce("a")
    set_aside()
    caller = subscription("toys.caller")
    lost = iter([OperationalError("deadlock detected"), OperationalError("deadlock detected")])

    def record() -> None:
        if error := next(lost, None):
            raise error
        toys.recorded.append("a")

    lease = claim(caller, timezone.now())
    assert lease is not None
    settle(caller, lease, record)

    assert toys.recorded == ["a"]
    assert not Delivery.objects.exists()


def test_a_lease_begins_with_its_own_call_however_long_those_before_it_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elapsed = [0.0]
    monkeypatch.setattr("eventbus.external.monotonic", lambda: elapsed[0])
    ends = []

    def take_half_a_minute(message: Event | Command) -> None:
        ends.append(Delivery.objects.get(state="claimed").due_at)
        elapsed[0] += 30

    toys.behaviour["caller"] = take_half_a_minute
    announce("a", "b")
    set_aside()
    now = timezone.now()

    list(call_out(subscription("toys.caller"), now))

    assert ends == [now + timedelta(seconds=60), now + timedelta(seconds=90)]
