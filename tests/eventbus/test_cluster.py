"""A log that was restored into another cluster is neither delivered nor added to."""

import logging
import threading
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from eventbus import cluster, publish, read_stream
from eventbus.apps import _register_subscriptions
from eventbus.errors import RestoredCluster
from eventbus.external import claim
from eventbus.lanes import deliver_lane
from eventbus.models import Checkpoint, Cluster, Message
from eventbus.relay import Relay
from eventbus.subscriptions import subscription
from eventbus.tasks import deliver
from eventbus.testing import drain
from tests.eventbus.toys import Counted, CounterRow
from tests.eventbus.writers import writers

ELSEWHERE = 42
pytestmark = pytest.mark.usefixtures("toy_bus")


def this_cluster() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return int(cursor.fetchone()[0])


def refusal() -> str:
    return (
        f"The log was written in the Postgres cluster with system identifier {ELSEWHERE}, and this one's is "
        f"{this_cluster()}. It was restored from a dump, or moved: what was seen of it is not known here, so "
        f"nothing is delivered or published. Run `manage.py rebase_log`."
    )


@transaction.atomic
def count(*numbers: int) -> None:
    publish(*(Counted(counter="a", number=number) for number in numbers))


@pytest.fixture
def restored(toy_bus: None) -> Iterator[None]:
    """A message in a log of another cluster, seen over a new connection."""
    count(1)
    Cluster.objects.update(system_identifier=ELSEWHERE)
    connection.close()
    yield
    cluster.stamp()
    cluster.verify()


@pytest.mark.usefixtures("restored")
def test_publishing_is_refused_with_what_to_do() -> None:
    with pytest.raises(RestoredCluster) as refused:
        count(2)

    assert str(refused.value) == refusal()
    assert Message.objects.count() == 1


@pytest.mark.usefixtures("restored")
def test_nothing_is_delivered() -> None:
    for delivering in (
        drain,
        lambda: list(deliver_lane(subscription("toys.counters"), 0, timezone.now())),
        lambda: claim(subscription("toys.caller"), timezone.now()),
    ):
        with pytest.raises(RestoredCluster):
            delivering()

    assert not CounterRow.objects.exists()


@pytest.mark.usefixtures("restored")
def test_reading_goes_on() -> None:
    assert [message.type for message in Message.objects.all()] == ["toys.counted"]
    assert read_stream("counter-a") == []


@pytest.mark.usefixtures("restored")
def test_a_new_listener_gets_no_checkpoint_that_means_nothing_here(caplog: pytest.LogCaptureFixture) -> None:
    Checkpoint.objects.filter(subscription="toys.listener").delete()

    _register_subscriptions()

    assert [vars(record)["reason"] for record in caplog.records] == [refusal()]
    assert not Checkpoint.objects.filter(subscription="toys.listener").exists()


@pytest.mark.usefixtures("restored")
def test_a_worker_says_it_once_and_works_again_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    deliver("toys.counters", 0)
    deliver("toys.counters", 0)
    assert [vars(record)["reason"] for record in caplog.records] == [refusal()]

    cluster.stamp()
    deliver("toys.counters", 0)
    assert CounterRow.objects.get(counter="a").total == 1

    Cluster.objects.update(system_identifier=ELSEWHERE)
    connection.close()
    deliver("toys.counters", 0)
    assert [vars(record)["reason"] for record in caplog.records] == [refusal(), refusal()]


class Turns(threading.Event):
    """Ends a relay once the message is delivered; re-bases at its third pause."""

    pauses = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses += 1
        if self.pauses == 3:
            cluster.stamp()
        if self.pauses > 100 or CounterRow.objects.exists():
            self.set()
        return self.is_set()


@pytest.mark.usefixtures("restored")
def test_the_relay_says_it_once_and_goes_on_after_the_re_base(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="eventbus"):
        Relay(Turns()).run()

    assert caplog.messages == ["delivery_refused", "relay_leads"]
    assert vars(caplog.records[0])["reason"] == refusal()
    assert CounterRow.objects.get(counter="a").total == 1
    connection.close()


def test_a_connection_is_asked_once_and_past_the_query_log(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    connection.close()
    with transaction.atomic(), django_assert_num_queries(1):
        publish(Counted(counter="a", number=1))

    Cluster.objects.update(system_identifier=ELSEWHERE)
    try:
        count(2)
        connection.close()
        with pytest.raises(RestoredCluster):
            count(3)
    finally:
        cluster.stamp()


@pytest.mark.parametrize("column", ["seen", "window"])
def test_transactions_that_went_backwards_are_noticed(column: str) -> None:
    connection.close()
    Checkpoint.objects.filter(subscription="toys.counters").update(**{column: "90000000000:90000000000:"})

    with pytest.raises(RestoredCluster):
        count(1)


def test_what_went_backwards_is_named() -> None:
    assert cluster.Identity(stored=7, actual=7, next_xid=800, highest=801).problem == (
        "The log knows of transaction 801, and this Postgres cluster (system identifier 7) has only come to "
        "800"
    )
    assert cluster.Identity(stored=7, actual=7, next_xid=800, highest=800).problem == ""


def test_a_message_of_a_transaction_to_come_is_noticed() -> None:
    count(1)
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE eventbus_message SET xid = '90000000000'")

    with pytest.raises(RestoredCluster):
        cluster.verify()


def test_its_own_messages_do_not_alarm_a_transaction() -> None:
    Cluster.objects.all().delete()
    connection.close()
    with writers(2) as earlier, transaction.atomic():
        for writer in earlier:  # their open transactions keep the end of our snapshot below our own id
            writer.take_xid()
        publish(Counted(counter="a", number=1))
        publish(Counted(counter="a", number=2))

    drain()

    assert CounterRow.objects.get(counter="a").numbers == [1, 2]


def test_a_log_that_is_consistent_is_put_on_record() -> None:
    Cluster.objects.all().delete()
    connection.close()

    drain()

    assert Cluster.objects.get().system_identifier == this_cluster()
