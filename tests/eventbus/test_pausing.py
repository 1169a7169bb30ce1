"""A paused subscription is handed nothing, by any worker; resumed, it goes on where it stopped, in order."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from eventbus import Command, Event, Reject, pausing
from eventbus.doctor import Severity, delivery
from eventbus.errors import EventBusError, NotPaused, UnknownSubscription
from eventbus.external import call_out
from eventbus.lanes import deliver_lane
from eventbus.models import Act, Checkpoint, Delivery, Pause, SagaState
from eventbus.subscriptions import subscription
from eventbus.testing import drain
from eventbus.watching import lanes_behind, lanes_due
from tests.eventbus import toys
from tests.eventbus.findings import ALWAYS, limits, text
from tests.eventbus.telling import announce, count, tell
from tests.eventbus.toys import Counted, CounterRow, Opened

pytestmark = pytest.mark.usefixtures("toy_bus")
BATCH = subscription("toys.listener").batch


def pause(name: str) -> None:
    pausing.pause(name, actor="ada", reason="the till is being mended")


def resume(name: str) -> None:
    pausing.resume(name, actor="bob")


def numbers() -> list[int]:
    return [message.number for message in toys.handled if isinstance(message, Counted)]


def test_a_paused_projection_stands_still_and_catches_up_in_order() -> None:
    count(1)
    drain()
    pause("toys.counters")
    count(2, 3)
    drain()

    assert CounterRow.objects.get().numbers == [1]
    assert numbers() == [1, 2, 3]  # everybody else goes on

    resume("toys.counters")
    drain()

    assert CounterRow.objects.get().numbers == [1, 2, 3]


def test_a_paused_saga_hears_nothing_until_it_is_resumed() -> None:
    pause("toys.door")
    tell(Opened(door_id=UUID(int=7)))
    drain()

    assert not SagaState.objects.exists()

    resume("toys.door")
    drain()

    assert SagaState.objects.get().status == "running"


def test_a_paused_external_handler_calls_nobody_for_what_was_set_aside_before() -> None:
    announce("a", "b")
    sum(deliver_lane(subscription("toys.caller"), 0, timezone.now()))
    assert Delivery.objects.count() == 2

    pause("toys.caller")
    announce("c")
    drain()

    assert (toys.recorded, Delivery.objects.count()) == ([], 2)

    resume("toys.caller")
    drain()

    assert (toys.recorded, Delivery.objects.count()) == (["a", "b", "c"], 0)


def test_what_failed_before_is_not_tried_while_its_subscription_is_paused() -> None:
    toys.behaviour["listener"] = lambda message: 1 / 0  # type: ignore[assignment]
    count(1)
    drain()
    toys.behaviour.clear()
    toys.handled.clear()
    pause("toys.listener")

    drain(now=timezone.now() + timedelta(hours=1))
    assert numbers() == []

    resume("toys.listener")
    drain(now=timezone.now() + timedelta(hours=1))
    assert numbers() == [1]


def test_nobody_is_woken_for_a_paused_lane() -> None:
    announce("a")
    sum(deliver_lane(subscription("toys.caller"), 0, timezone.now()))
    assert lanes_due(timezone.now()) == {("toys.caller", 0)}
    pause("toys.listener")
    pause("toys.caller")
    announce("b")
    count(1)

    assert lanes_behind() & {("toys.listener", 0), ("toys.caller", 0)} == set()
    assert ("toys.counters", 0) in lanes_behind()
    assert lanes_due(timezone.now()) == set()


class AtWork:
    """A worker on a connection of its own, in the middle of its first message until it may go on."""

    def __init__(self, name: str) -> None:
        self.began, self.may = threading.Event(), threading.Event()
        toys.behaviour[name] = self._wait

    def _wait(self, message: Event | Command) -> None:
        self.began.set()
        assert self.may.wait(30)


@pytest.fixture
def other_worker() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread
        thread.submit(connections.close_all).result()


def test_a_batch_under_way_is_finished_and_the_next_one_is_not_begun(
    other_worker: ThreadPoolExecutor,
) -> None:
    work = AtWork("listener")
    tell(*(Counted(counter="a", number=number) for number in range(BATCH + 5)))
    delivering = other_worker.submit(
        lambda: sum(deliver_lane(subscription("toys.listener"), 0, timezone.now()))
    )
    assert work.began.wait(30)

    pause("toys.listener")
    assert pausing.at_work("toys.listener")
    work.may.set()

    assert delivering.result() == BATCH
    assert numbers() == list(range(BATCH))
    assert not pausing.at_work("toys.listener")
    drain()
    assert len(numbers()) == BATCH

    resume("toys.listener")
    drain()
    assert numbers() == list(range(BATCH + 5))
    assert Checkpoint.objects.get(subscription="toys.listener").delivered == BATCH + 5


def test_a_call_under_way_is_settled_and_the_next_one_is_not_made(other_worker: ThreadPoolExecutor) -> None:
    work = AtWork("caller")
    announce("a", "b")
    sum(deliver_lane(subscription("toys.caller"), 0, timezone.now()))
    calling = other_worker.submit(lambda: len(list(call_out(subscription("toys.caller"), timezone.now()))))
    assert work.began.wait(30)

    pause("toys.caller")
    assert pausing.at_work("toys.caller")
    work.may.set()

    assert calling.result() == 1
    assert toys.recorded == ["a"]
    assert not pausing.at_work("toys.caller")

    resume("toys.caller")
    drain()
    assert toys.recorded == ["a", "b"]


def test_a_dead_letter_that_is_retried_waits_until_its_subscription_is_resumed() -> None:
    def reject(message: Event | Command) -> None:
        raise Reject("never")

    toys.behaviour["listener"] = reject
    count(1)
    drain()
    toys.behaviour.clear()
    toys.handled.clear()
    pause("toys.listener")
    call_command("dead_letters", "retry", "--all", stdout=StringIO())

    drain()
    assert numbers() == []

    resume("toys.listener")
    drain()
    assert numbers() == [1]


def test_pausing_and_resuming_are_kept_with_who_and_why() -> None:
    pause("toys.listener")
    pausing.pause("toys.listener", actor="eve", reason="me too")
    kept = Pause.objects.get()
    resume("toys.listener")

    assert (kept.actor, kept.reason) == ("ada", "the till is being mended")
    assert list(Act.objects.order_by("pk").values_list("actor", "act", "subscription", "reason")) == [
        ("ada", "pause", "toys.listener", "the till is being mended"),
        ("bob", "resume", "toys.listener", ""),
    ]


def test_what_cannot_be_is_refused_in_a_sentence() -> None:
    with pytest.raises(EventBusError, match=r"^ada would pause toys.listener without a reason\. Say why"):
        pausing.pause("toys.listener", actor="ada", reason=" ")
    with pytest.raises(NotPaused, match=r"^toys.listener is not paused: there is nothing to resume\.$"):
        resume("toys.listener")
    with pytest.raises(UnknownSubscription, match=r"^There is no subscription 'toys.nobody'; there are: "):
        pause("toys.nobody")


def test_the_doctor_tells_who_paused_what_and_does_not_close_the_shop(settings: Settings) -> None:
    limits(settings, LAG_SECONDS=(0, 0), DUE_SECONDS=ALWAYS)
    pause("toys.counters")
    Pause.objects.update(at=timezone.now() - timedelta(hours=2))
    count(1)
    drain()

    (paused,) = delivery.pauses()
    (lag,) = delivery.lag()

    assert text(paused)[0] == Severity.WARNING
    assert text(paused)[2:] == (
        "toys.counters is paused for 2 h; its messages wait in the log.",
        "manage.py subscriptions resume toys.counters",
        " ada: the till is being mended",
    )
    assert lag.severity == Severity.WARNING
    assert lag.step == "It is paused: manage.py subscriptions resume toys.counters"


def run(*arguments: str) -> str:
    said = StringIO()
    call_command("subscriptions", *arguments, stdout=said)
    return said.getvalue()


def test_the_command_pauses_lists_and_resumes() -> None:
    said = run("pause", "toys.counters", "toys.listener", "--actor", "ada", "--reason", "stocktaking")
    count(1)
    drain()

    assert said == "toys.counters: paused.\ntoys.listener: paused.\n"
    assert "has not read 1 messages, the oldest published " in run("list")
    assert "by ada: stocktaking" in run("list")
    assert "toys.caller  external  up to date\n" in run("list")
    assert (
        run("resume", "toys.counters", "toys.listener")
        == "toys.counters: resumed.\ntoys.listener: resumed.\n"
    )
    with pytest.raises(CommandError, match=r"^toys\.counters is not paused"):
        run("resume", "toys.counters")
    drain()
    assert numbers() == [1]
