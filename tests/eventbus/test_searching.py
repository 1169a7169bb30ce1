"""What is looked for in the log is found, a page at a time, and what has no index has a bounded price."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from eventbus import backdated, correlate, publish
from eventbus.looking import searching
from eventbus.looking.searching import Search, TooSlow, published_at, search
from eventbus.models import Message
from tests.eventbus.telling import announce, count
from tests.eventbus.toys import Announced, Counted

pytestmark = pytest.mark.usefixtures("toy_bus")
NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def numbers(**wanted: object) -> list[int]:
    """The numbers that were counted, of the messages found."""
    found = search(Search(**wanted)).messages  # type: ignore[arg-type]
    return [json.loads(message.data)["number"] for message in found if message.type == "toys.counted"]


def published(*moments: datetime) -> None:
    """A count for each moment, published then."""
    for number, moment in enumerate(moments):
        count(number)
        id = UUID(int=int(moment.timestamp() * 1000) << 80 | 7 << 76 | number)
        last = Message.objects.order_by("-position").values("position")[:1]
        Message.objects.filter(position__in=last).update(uuid=id)


def test_a_stream_a_type_and_a_payload_narrow_it_together() -> None:
    count(1, 2)
    count(3, counter="b")
    announce("a")

    assert numbers() == [3, 2, 1]
    assert numbers(stream="counter-a") == [2, 1]
    assert numbers(stream="counter-a", payload={"number": 2}) == [2]
    assert numbers(type="toys.counted", payload={"counter": "b"}) == [3]
    assert [found.type for found in search(Search(stream="counter-a", type="toys.announced")).messages] == [
        "toys.announced"
    ]
    assert len(search(Search(kind="command")).messages) == 0


def test_a_story_is_found_by_its_id_and_by_that_of_each_message() -> None:
    story = uuid4()
    with correlate(story), transaction.atomic():
        (first, _) = publish(Counted(counter="a", number=1), Announced(counter="a"))
    count(2)

    assert len(search(Search(id=story)).messages) == 2
    assert [found.id for found in search(Search(id=first)).messages] == [first]


def test_time_is_when_a_message_was_published_to_the_millisecond() -> None:
    step = timedelta(milliseconds=1)
    published(NOON - step, NOON, NOON + step, NOON + timedelta(hours=1))

    assert numbers(since=NOON) == [3, 2, 1]
    assert numbers(until=NOON) == [0]
    assert numbers(since=NOON, until=NOON + step) == [1]
    assert numbers(since=NOON + timedelta(days=1)) == []


def test_imported_history_is_found_when_it_came_and_says_of_when_it_tells() -> None:
    with backdated(NOON.replace(year=2010)), transaction.atomic():
        publish(Counted(counter="a", number=1))

    (found,) = search(Search()).messages

    assert found.backdated
    assert found.occurred_at.year == 2010
    assert abs(datetime.now(UTC) - found.published_at) < timedelta(minutes=1)
    assert found.published_at == published_at(found.id)


def test_pages_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PAGE", 2)
    count(1, 2, 3)

    first = search(Search())
    second = search(Search(before=first.older))

    assert [json.loads(found.data)["number"] for found in first.messages] == [3, 2]
    assert [json.loads(found.data)["number"] for found in second.messages] == [1]
    assert second.older is None


def test_a_search_without_an_index_says_how_far_it_came_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "REACH", 2)
    count(1, 2, 3, 4, 5)

    first = search(Search(payload={"number": 2}))
    second = search(Search(payload={"number": 2}, before=first.older))

    assert (first.messages, first.looked_at) == ([], 2)
    assert [json.loads(found.data)["number"] for found in second.messages] == [2]
    third = search(Search(payload={"number": 2}, before=second.older))
    assert (third.messages, third.looked_at, third.older) == ([], 1, None)


def test_what_takes_too_long_is_ended_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "PATIENCE_MILLISECONDS", 1)
    monkeypatch.setattr(searching, "_WALK", "SELECT pg_sleep(5)")

    with pytest.raises(TooSlow, match=r"^The search was ended after 0\.001 s\. Name a type, a stream or"):
        search(Search())
    monkeypatch.undo()
    search(Search())
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0"
