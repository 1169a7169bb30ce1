"""What happens to a message whose handler fails, to those behind it, and to everybody else's."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from eventbus import Command, Event, NoTransaction, Observer, Reject, dead_letters, observe, publish, send
from eventbus.lanes import FEWER, deliver_lane, headline
from eventbus.log import STALE_MESSAGES
from eventbus.models import Checkpoint, Delivery
from eventbus.subscriptions import Batch, Subscription, subscription
from eventbus.testing import assert_rebuilds, drain
from tests.eventbus import toys
from tests.eventbus.toys import Announce, Counted, CounterRow, Counters

pytestmark = pytest.mark.usefixtures("toy_bus")


@transaction.atomic
def count(counter: str, *numbers: int) -> None:
    publish(*(Counted(counter=counter, number=number) for number in numbers))


def handled() -> list[tuple[str, int]]:
    return [(m.counter, m.number) for m in toys.handled if isinstance(m, Counted)]


def refuse(*numbers: int) -> None:
    """Let the listener fail for these numbers."""

    def fail(message: Event | Command) -> None:
        if isinstance(message, Counted) and message.number in numbers:
            raise ValueError(f"no {message.number}")

    toys.behaviour["listener"] = fail


def in_an_hour() -> datetime:
    return timezone.now() + timedelta(hours=1)


def test_publishing_outside_a_transaction_is_refused() -> None:
    with pytest.raises(
        NoTransaction, match=r"^Counted was published outside a transaction: .* beside the change\.$"
    ):
        publish(Counted(counter="a", number=1))


def test_a_failing_message_holds_back_its_own_stream_only() -> None:
    refuse(2)
    count("a", 1, 2, 3)
    count("b", 4)

    drain()
    toys.handled.clear()
    count("a", 5)
    drain()

    assert handled() == []
    assert [(d.message.data["number"], d.attempts) for d in Delivery.objects.order_by("message")] == [
        (2, 1),
        (3, 0),
        (5, 0),
    ]


def test_what_waited_is_delivered_in_order_once_the_message_succeeds() -> None:
    refuse(2)
    count("a", 1, 2, 3)
    drain()
    toys.behaviour.clear()
    toys.handled.clear()

    drain(in_an_hour())

    assert handled() == [("a", 2), ("a", 3)]
    assert not Delivery.objects.exists()


def test_a_failing_handler_leaves_no_effect_of_its_own() -> None:
    def half_done(message: Event | Command) -> None:
        CounterRow.objects.create(counter="half done")
        raise ValueError

    toys.behaviour["announce"] = half_done
    with transaction.atomic():
        send(Announce(counter="a"))

    drain()

    assert not CounterRow.objects.exists()


def test_the_last_attempt_makes_a_dead_letter_that_can_be_retried() -> None:
    refuse(1)
    count("a", 1, 2)
    for hours in (0, 1, 2):
        drain(timezone.now() + timedelta(hours=hours))
    (dead,) = dead_letters.dead_letters()
    assert (dead.subscription, dead.attempts, headline(dead.error)) == (
        "toys.listener",
        3,
        "ValueError: no 1",
    )
    toys.behaviour.clear()
    toys.handled.clear()

    assert dead_letters.retry([dead.pk], actor="ada") == 1
    drain(in_an_hour())

    assert handled() == [("a", 1), ("a", 2)]


def test_a_discarded_dead_letter_lets_its_stream_go_on() -> None:
    def reject(message: Event | Command) -> None:
        if message == Counted(counter="a", number=1):
            raise Reject("never")

    toys.behaviour["listener"] = reject
    count("a", 1, 2)
    drain()
    (dead,) = dead_letters.dead_letters(subscription="toys.listener")
    toys.handled.clear()

    assert dead_letters.discard([dead.pk], actor="ada", reason="never") == 1
    drain(in_an_hour())

    assert (dead.attempts, dead.error) == (1, "Reject: never")
    assert handled() == [("a", 2)]


def test_a_message_of_a_newer_version_waits_without_an_attempt() -> None:
    count("a", 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE eventbus_message SET version = 2")

    drain()

    (waiting,) = Delivery.objects.filter(subscription="toys.listener")
    assert (waiting.attempts, waiting.state) == (0, Delivery.State.UNKNOWN)
    assert waiting.error == (
        "UnknownMessage: toys.counted version 2: this process knows version 1 at the newest. "
        "Deploy the newer code."
    )


def test_a_message_that_cannot_be_read_waits_and_holds_back_its_own_stream_only() -> None:
    count("a", 1)
    count("b", 2)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE eventbus_message SET data = data - 'number' WHERE stream = 'counter-a' RETURNING data"
        )
    count("a", 3)

    drain()

    assert handled() == [("b", 2)]
    broken, behind = Delivery.objects.filter(subscription="toys.listener").order_by("message")
    assert [(d.state, d.attempts) for d in (broken, behind)] == [("unknown", 0), ("waiting", 0)]
    assert broken.error == (
        "UnknownMessage: toys.counted version 1 cannot be read by this process: ValidationError: Object "
        "missing required field `number`. Deploy code that reads it: correct its class, or its upcasters."
    )


def test_while_one_worker_holds_a_lane_another_leaves_it_alone() -> None:
    started, release = threading.Event(), threading.Event()

    def wait(message: Event | Command) -> None:
        started.set()
        assert release.wait(10)

    def work() -> None:
        drain()
        connection.close()

    toys.behaviour["listener"] = wait
    count("a", 1, 2)
    worker = threading.Thread(target=work)
    worker.start()
    assert started.wait(10)

    other = list(deliver_lane(subscription("toys.listener"), 0, timezone.now()))
    release.set()
    worker.join()

    assert other == []
    assert handled() == [("a", 1), ("a", 2)]


def test_rows_that_differ_from_the_log_are_reported() -> None:
    count("a", 1)
    drain()
    CounterRow.objects.update(total=99)

    with pytest.raises(
        AssertionError, match=r"^toys.counters: 1 live rows differ from the log, which gives 1 others"
    ):
        assert_rebuilds(Counters)


def test_an_idle_lane_moves_its_checkpoint_only_when_many_messages_have_passed_it() -> None:
    idle = Checkpoint.objects.get(subscription="toys.door")
    before, moved = idle.seen, []
    for messages in (1, STALE_MESSAGES - 1, 1):
        count("a", *range(messages))
        drain()
        idle.refresh_from_db()
        moved.append(idle.seen != before)

    assert moved == [False, False, True]


def test_a_window_that_ends_exactly_with_a_batch_is_closed_and_the_next_one_opened() -> None:
    batch = subscription("toys.announce").batch
    for counters in (["first"], [f"c{number}" for number in range(batch)], ["late"]):
        with transaction.atomic():
            send(*(Announce(counter=counter) for counter in counters))
        drain()

    assert toys.handled[-1] == Announce(counter="late")


def test_a_deadlock_is_nobodys_fault_and_costs_no_attempt() -> None:
    failures = iter([OperationalError("deadlock detected")])

    def lose_a_deadlock(message: Event | Command) -> None:
        if error := next(failures, None):
            raise error

    toys.behaviour["listener"] = lose_a_deadlock
    count("a", 1)

    drain()

    assert handled() == [("a", 1), ("a", 1)]
    assert not Delivery.objects.exists()


def test_a_batch_that_loses_deadlocks_is_tried_again_in_smaller_ones() -> None:
    failures = iter([OperationalError("deadlock detected")] * 2)

    def lose_a_deadlock_at_the_end(message: Event | Command) -> None:
        if message == Counted(counter="a", number=4) and (error := next(failures, None)):
            raise error

    class Sizes(Observer):
        def handled(self, subscription: Subscription, batch: Batch, seconds: float) -> None:
            if subscription.name == "toys.listener":
                sizes.append(len(batch))

    toys.behaviour["listener"] = lose_a_deadlock_at_the_end
    sizes: list[int] = []
    count("a", *range(60))
    stop = observe(Sizes())
    drain()
    stop()

    assert sizes == [subscription("toys.listener").batch // FEWER // FEWER, 55]
    assert handled()[-60:] == [("a", number) for number in range(60)]
    assert not Delivery.objects.exists()
