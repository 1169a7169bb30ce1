"""What a lane reads beside an idle transaction, for which Postgres keeps every version of its row."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.utils import timezone

from eventbus import Command, Event, publish
from eventbus.errors import LaneLost
from eventbus.lanes import deliver_lane
from eventbus.models import Checkpoint, Delivery
from eventbus.subscriptions import subscription
from tests.eventbus import toys
from tests.eventbus.toys import Counted
from tests.eventbus.writers import writers

pytestmark = pytest.mark.usefixtures("toy_bus")

DELIVERIES = 200
VERSIONS_ON_A_PAGE = 60
"""More than fit: among so many deliveries one at least finds room beside the version that it replaces."""
_PAGES = """
SELECT sum(pg_stat_get_xact_blocks_fetched(oid)) FROM pg_class
WHERE relname LIKE 'eventbus\\_checkpoint%' AND relkind IN ('r', 'i')"""


@pytest.fixture
def uncounted() -> Iterator[None]:
    """Autovacuum may count the checkpoints at any moment; what is read then follows another plan."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE eventbus_checkpoint SET (autovacuum_enabled = false)")
        yield
        cursor.execute("ALTER TABLE eventbus_checkpoint RESET (autovacuum_enabled)")


def deliver(messages: int) -> None:
    for number in range(messages):
        with transaction.atomic():
            publish(Counted(counter="a", number=number))
        assert list(deliver_lane(subscription("toys.counters"), 0, timezone.now())) == [1]


def pages_of_a_delivery() -> int:
    """How many pages of the checkpoints and their indexes it reads, where the row stays on its page."""
    return min(pages_of_one() for _ in range(VERSIONS_ON_A_PAGE))


def pages_of_one() -> int:
    with transaction.atomic():
        publish(Counted(counter="a", number=1))
    with transaction.atomic():
        before = pages()
        assert list(deliver_lane(subscription("toys.counters"), 0, timezone.now())) == [1]
        return pages() - before


def pages() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_PAGES)
        return int(cursor.fetchone()[0])


@pytest.mark.usefixtures("uncounted")
def test_a_delivery_reads_as_little_after_many_others_beside_an_idle_transaction() -> None:
    with writers(1) as (idle,):
        idle.publish(1)
        deliver(DELIVERIES)
        early = pages_of_a_delivery()
        deliver(3 * DELIVERIES)

        assert pages_of_a_delivery() == early


def test_a_handler_that_moves_the_checkpoint_of_its_own_lane_is_refused_and_nothing_is_kept() -> None:
    def meddle(message: Event | Command) -> None:
        Checkpoint.objects.filter(subscription="toys.listener").update(position=7)

    toys.behaviour["listener"] = meddle
    before = Checkpoint.objects.get(subscription="toys.listener")
    with transaction.atomic():
        publish(Counted(counter="a", number=1))

    with pytest.raises(LaneLost, match=r"^A handler of toys\.listener has changed the checkpoint of its"):
        list(deliver_lane(subscription("toys.listener"), 0, timezone.now()))

    after = Checkpoint.objects.get(subscription="toys.listener")
    assert (after.seen, after.position) == (before.seen, before.position)
    assert not Delivery.objects.exists()
