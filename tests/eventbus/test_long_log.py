"""What a long log costs: every statement on it goes through an index, and the admin's list counts nothing."""

import re
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from eventbus import archiving, draining, log, measure, partitions, publish, read_stream
from eventbus.lanes import deliver_lane
from eventbus.log import Progress, Selection
from eventbus.looking import searching
from eventbus.models import Delivery, Message
from eventbus.preparing import planned_once
from eventbus.snapshots import NOTHING
from eventbus.subscriptions import subscription
from eventbus.watching import LogWatch, lanes_behind, lanes_due
from tests.eventbus.long_log import MESSAGES_PER_STREAM, RARE, fill, long_reads
from tests.eventbus.small_partitions import small_partitions
from tests.eventbus.toys import Counted
from tests.factories import UserFactory

MESSAGES = 50_000
LOOKS_UNTIL_PLANS_ARE_KEPT = 12
LIST = "/admin/eventbus/message/"


@pytest.fixture(autouse=True)
def long_log(toy_bus: None) -> Iterator[None]:
    with small_partitions(20_000):
        fill(MESSAGES)
        yield


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True))
    return client


@transaction.atomic
def count(revision: int | None = None) -> None:
    publish(Counted(counter="a", number=1), revision=revision)


def deliver_a_message() -> None:
    count()
    assert draining.deliver(("toys.counters", 0)) == 1


def look_at_an_idle_lane() -> None:
    assert list(deliver_lane(subscription("toys.counters"), 0, timezone.now())) == [0]


def watch_a_message() -> None:
    watch = LogWatch()
    count()
    assert ("toys.counters", 0) in watch.woken()


def walk_the_first_window() -> None:
    progress = Progress(NOTHING, log.visible_now())
    for _ in range(3):
        _, progress = log.read(progress, Selection([RARE]), 5_000)


def read_an_old_stream() -> None:
    assert len(read_stream("order-200", after=1)) == MESSAGES_PER_STREAM - 1


def try_again_what_failed() -> None:
    waiting = {"stream": "order-20", "shard": 0, "due_at": timezone.now()}
    Delivery.objects.create(subscription="toys.listener", message_id=100, **waiting)
    assert ("toys.listener", 0) in lanes_due(timezone.now())
    assert draining.deliver(("toys.listener", 0)) == 1


def call_out_what_waits() -> None:
    waiting = {"stream": "order-20", "shard": 0, "due_at": timezone.now()}
    Delivery.objects.create(subscription="toys.caller", message_id=100, **waiting)
    assert draining.deliver(("toys.caller", 0)) == 1


@pytest.mark.parametrize(
    "hot",
    [
        count,
        lambda: count(1),
        deliver_a_message,
        look_at_an_idle_lane,
        watch_a_message,
        lanes_behind,
        walk_the_first_window,
        read_an_old_stream,
        try_again_what_failed,
        call_out_what_waits,
        log.last_position,
        measure,
    ],
)
def test_a_hot_statement_reads_no_partition_whole(hot: Callable[[], object]) -> None:
    assert long_reads(hot) == []


def test_a_relay_has_its_looks_planned_once_and_not_for_each_look() -> None:
    watch = LogWatch()
    with planned_once():
        before = plans_for_one_look()
        for _ in range(LOOKS_UNTIL_PLANS_ARE_KEPT):
            watch.woken()
            lanes_behind()

        assert plans_for_one_look() == before


def plans_for_one_look() -> int:
    """How many plans the server has made that were of use to a single look."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(custom_plans), 0) FROM pg_prepared_statements")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 50),
        ("?before=9000", 50),
        ("?before=50", 49),
        ("?type=long.type0", 50),
        (f"?type={RARE}", 50),
        (f"?type={RARE}&before=7", 6),
        ("?q=order-200", 5),
        ("?q=order-200&type=long.type0", 3),
        ("?kind=event", 50),
        ("?kind=command", 0),
        ("?payload=order_id%3D12345", 50),
        ("?payload=order_id%3D54321", 0),
        ("?type=long.type4&payload=order_id%3D54321", 0),
        ("?since=2000-01-01T00:00&payload=order_id%3D54321", 0),
        ("?until=1970-01-02T00:00&type=long.type0", 50),
        ("?since=2100-01-01T00:00", 0),
        ("?q=order-none", 0),
        (f"?q={UUID('c' + '0' * 29 + 'c8')}", 5),
        (f"?q={uuid4()}", 0),
        ("?q=12345", 1),
        ("?q=99999999999999999999999", 0),
        ("?o=2", 50),
        ("?_facets=True", 50),
    ],
)
def test_a_page_of_the_admin_reads_no_partition_whole(
    staff: Client, query: str, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "REACH", MESSAGES // 10)
    pages: list[str] = []

    assert long_reads(lambda: pages.append(staff.get(LIST + query).content.decode())) == []

    assert pages[0].count('<tr class="eb-message">') == shown
    assert f"about {MESSAGES} messages in the log" in pages[0]


def test_pages_follow_each_other_without_gap_or_repeat(staff: Client) -> None:
    seen: list[int] = []
    link = "?type=long.type4"
    for _ in range(3):
        page = staff.get(LIST + link).content.decode()
        seen += [int(found) for found in re.findall(r"/message/(\d+)/change", page)]
        link = re.findall(r'href="(\?[^"]*)">older', page)[0].replace("&amp;", "&")

    of_the_type = Message.objects.filter(type="long.type4").order_by("-position")
    assert seen == list(of_the_type.values_list("position", flat=True)[:150])
    assert "« newest" in page


def test_who_holds_a_partition_back_is_found_without_reading_it() -> None:
    first = partitions.partitions()[0]

    assert long_reads(lambda: archiving.holders(first)) == []
