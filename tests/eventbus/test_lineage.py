"""A message's causes and effects, as a tree; and who handled each of them, and how."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from eventbus import Command, Event, Reject, correlate, dead_letters, pausing, publish
from eventbus.contracts.mapping import Speaker
from eventbus.looking import lineage
from eventbus.looking.handling import handlings
from eventbus.looking.lineage import Branch, Lineage
from eventbus.models import Delivery, Message
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.telling import announce, count, tell
from tests.eventbus.toys import Announced, Counted, Opened

pytestmark = pytest.mark.usefixtures("toy_bus")
DOOR = UUID(int=7)


def fail(message: Event | Command) -> None:
    raise ValueError("no bell")


def reject(message: Event | Command) -> None:
    raise Reject("never")


def states(type: str = "toys.counted") -> dict[int, dict[str, str]]:
    """How each message of a type stands, by its place among them."""
    positions = list(Message.objects.filter(type=type).order_by("position").values_list("pk", flat=True))
    found = handlings(positions)
    return {
        number: {one.subscription: one.state for one in found[position]}
        for number, position in enumerate(positions, 1)
    }


def tree_of(message: Message) -> Lineage:
    return lineage.lineage(message.pk, message.uuid, message.correlation_id)


def told(branch: Branch) -> object:
    """A tree as (type, published by, its effects)."""
    return (branch.type, branch.by, [told(effect) for effect in branch.effects])


def test_how_a_message_stands_with_each_of_its_consumers() -> None:
    toys.behaviour["listener"] = reject
    count(1, 2)
    pausing.pause("toys.counters", actor="ada", reason="x")
    drain()

    assert states()[1] == {"toys.listener": "dead", "toys.counters": "paused"}
    assert states()[2] == {"toys.listener": "behind", "toys.counters": "paused"}
    pausing.resume("toys.counters", actor="ada")
    assert states()[2]["toys.counters"] == "unread"
    toys.behaviour.clear()
    dead_letters.discard([Delivery.objects.get(state="dead").pk], actor="ada", reason="x")
    drain()
    assert states() == {
        1: {"toys.listener": "given up", "toys.counters": "folded"},
        2: {"toys.listener": "handled", "toys.counters": "folded"},
    }


def test_what_it_waits_behind_and_when_it_is_tried_again_is_said() -> None:
    toys.behaviour["listener"] = fail
    count(1, 2)
    drain()
    first, second = Message.objects.order_by("position")

    (failing,) = [one for one in handlings([first.pk])[first.pk] if one.subscription == "toys.listener"]
    (behind,) = [one for one in handlings([second.pk])[second.pk] if one.subscription == "toys.listener"]

    assert failing.detail.startswith("failed once, again at ")
    assert failing.detail.endswith(": ValueError: no bell")
    assert (behind.behind, behind.detail) == (first.pk, f"waits behind message {first.pk} of its stream")


def test_a_call_is_queued_made_and_delivered() -> None:
    announce("a")
    assert states("toys.announced")[1] == {"toys.caller": "unread"}
    toys.behaviour["caller"] = lambda message: seen.append(states("toys.announced")[1]["toys.caller"])
    seen: list[str] = []
    drain()

    assert seen == ["calling"]
    assert states("toys.announced")[1] == {"toys.caller": "delivered"}


def test_a_saga_stands_between_cause_and_effect() -> None:
    with correlate(uuid4(), actor="user-7"):
        tell(Opened(door_id=DOOR))
    drain()
    drain(now=timezone.now() + timedelta(hours=1))

    ring = Message.objects.get(type="toys.ring")
    tree = tree_of(ring)

    (root,) = tree.roots
    assert (root.type, root.actor, root.cause) == ("toys.opened", "user-7", None)
    assert [effect.type for effect in root.effects] == ["toys.ring", "toys.overdue"]
    assert [effect.here for effect in root.effects] == [True, False]
    assert [effect.type for effect in root.effects[1].effects] == ["toys.silence"]
    assert [one.state for one in root.effects[0].handlings] == ["handled"]
    assert (tree.size, tree.whole) == (4, True)
    assert root.effects[0].after.endswith(("ms", "s"))


def test_who_published_an_effect_is_named_where_the_code_leaves_no_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saga = Speaker("toys.door", "saga", "toys")
    plain = Speaker("toys.services", "code", "toys")
    publishers = {"toys.ring": (saga,), "toys.rung": (plain,), "toys.silence": ()}
    monkeypatch.setattr(lineage, "_publishers", lambda: publishers)
    monkeypatch.setattr(lineage, "_roles", lambda: {"toys.rows": "projection"})
    lineage.publisher.cache_clear()

    assert lineage.publisher("toys.ring", ("other.room", "toys.door")) == "toys.door"
    assert lineage.publisher("toys.rung", ("toys.ring", "toys.rows", "other.room")) == "toys.ring"
    assert lineage.publisher("toys.rung", ("toys.ring", "toys.silence")) == ""
    assert lineage.publisher("toys.silence", ("toys.door",)) == ""
    lineage.publisher.cache_clear()


def many(effects: int) -> Message:
    """A message with so many effects; returns it."""
    story = uuid4()
    with correlate(story), transaction.atomic():
        (first,) = publish(Counted(counter="a", number=0))
        publish(*(Announced(counter=f"c{number}") for number in range(effects)))
    Message.objects.filter(correlation_id=story).exclude(uuid=first).update(causation_id=first)
    return Message.objects.get(uuid=first)


def test_a_huge_story_is_shown_in_part_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "SHOWN", 10)
    first = many(effects=30)

    (root,) = tree_of(first).roots

    assert (len(root.effects), root.more) == (9, 21)
    last = Message.objects.order_by("-position")[0]
    (root,) = tree_of(last).roots
    assert [effect.id for effect in root.effects if effect.here] == [last.uuid]


def test_however_much_of_a_story_lies_before_a_message_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "STORY", 10)
    many(effects=30)
    last = Message.objects.order_by("-position")[0]

    tree = tree_of(last)

    assert (tree.whole, tree.size) == (False, 10)
    assert last.uuid in {branch.id for branch in tree.roots if branch.here}


def test_of_a_story_too_long_to_read_what_lies_near_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "STORY", 20)
    monkeypatch.setattr(lineage, "NEAR", 3)
    many(effects=30)
    last = Message.objects.order_by("-position")[0]

    tree = tree_of(last)

    assert (tree.whole, tree.size) == (False, 4)
    assert last.uuid in {branch.id for branch in tree.roots}
    assert all(branch.cause for branch in tree.roots)
