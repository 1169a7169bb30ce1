"""Dead letters: only their own key waits, until a person decides; and every decision is kept."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from eventbus import DependencyDown, dead_letters
from eventbus.errors import EventBusError
from eventbus.models import Act, Delivery, Message
from eventbus.testing import drain
from eventbus.watching import lanes_due
from tests.eventbus.callers import aside, dead, effects, pass_gate, poison

pytestmark = pytest.mark.usefixtures("toy_bus")
KINDS = ("handler", "external", "projection", "saga")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("act", "expected"), [("retry", [1, 2, 3, 4, 5]), ("discard", [1, 3, 4, 5])])
def test_only_the_failing_key_waits_and_drains_in_order_once_decided(
    kind: str, act: str, expected: list[int]
) -> None:
    letter = dead(kind)
    assert effects(kind) == {"a": [1], "b": [1, 2, 3]}
    assert aside(kind) == [(2, "dead", 1), (3, "waiting", 0), (4, "waiting", 0), (5, "waiting", 0)]
    assert (letter.behind, lanes_due(timezone.now())) == (3, set())  # type: ignore[attr-defined]
    delayed = Delivery.objects.filter(state="waiting").first()
    assert delayed is not None
    Delivery.objects.filter(pk=delayed.pk).update(due_at=timezone.now() + timedelta(hours=1))

    assert getattr(dead_letters, act)([letter.pk], actor="ada", reason="looked at it") == 1

    assert lanes_due(timezone.now()) == {(f"toys.{kind}", 0)}
    drain()
    assert effects(kind) == {"a": expected, "b": [1, 2, 3]}
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_bug_is_tried_as_often_as_allowed_and_then_waits_for_a_person(kind: str) -> None:
    poison(kind, error=ValueError)
    pass_gate(("a", 1), ("a", 2), ("a", 3), ("b", 1))
    now = timezone.now()
    budget = {"handler": 3, "external": 3}.get(kind, 8)
    for hours in range(budget + 2):
        drain(now + timedelta(hours=2 * hours))

    assert aside(kind) == [(2, "dead", budget), (3, "waiting", 0)]
    assert effects(kind) == {"a": [1], "b": [1]}


@pytest.mark.parametrize("kind", ["handler", "projection", "saga"])
def test_an_outage_costs_no_attempt_of_a_consumer_that_calls_nobody(kind: str) -> None:
    poison(kind, error=DependencyDown)
    pass_gate(("a", 2))
    now = timezone.now()
    for hours in range(10):
        drain(now + timedelta(hours=hours))

    assert aside(kind) == [(2, "waiting", 0)]
    assert Delivery.objects.get().outages == 10


@pytest.mark.parametrize("kind", KINDS)
def test_what_only_a_newer_process_can_read_waits_uncounted_and_in_order(kind: str) -> None:
    pass_gate(("a", 1), ("a", 2), ("a", 3), ("b", 1))
    of_tomorrow = Message.objects.filter(data__number=2)
    of_tomorrow.update(version=2)
    now = timezone.now()
    drain(now)
    assert aside(kind) == [(2, "unknown", 0), (3, "waiting", 0)]
    drain(now + timedelta(minutes=1))
    assert aside(kind) == [(2, "unknown", 0), (3, "waiting", 0)]

    of_tomorrow.update(version=1)
    drain(now + timedelta(minutes=2))

    assert effects(kind) == {"a": [1, 2, 3], "b": [1]}
    assert not Delivery.objects.exists()


def test_two_dead_letters_of_one_key_are_decided_one_after_the_other() -> None:
    letter = dead("handler")
    poison("handler", number=4)
    dead_letters.retry([letter.pk], actor="ada")
    drain()

    assert effects("handler")["a"] == [1, 2, 3]
    assert aside("handler") == [(4, "dead", 1), (5, "waiting", 0)]


def test_an_act_keeps_who_what_why_and_the_failure() -> None:
    letter = dead("saga")

    dead_letters.retry([letter.pk], actor="ada")
    poison("saga")
    drain()
    again = dead_letters.dead_letters().get()
    dead_letters.discard([again.pk, 999_999], actor="bob", reason="the parcel burnt")

    about = {"subscription": "toys.saga", "message_id": letter.message_id, "stream": "parcel-a"}
    assert list(Act.objects.order_by("pk").values(*about, "actor", "act", "reason", "error")) == [
        about | {"actor": "ada", "act": "retry", "reason": "", "error": "Reject: no a2"},
        about | {"actor": "bob", "act": "discard", "reason": "the parcel burnt", "error": "Reject: no a2"},
    ]
    assert [act.actor for act in dead_letters.history(letter)] == ["ada", "bob"]


def test_a_discard_without_a_reason_is_refused() -> None:
    letter = dead("handler")

    with pytest.raises(
        EventBusError,
        match=r"^ada would discard dead letters without a reason\. Say why the handler need never",
    ):
        dead_letters.discard([letter.pk], actor="ada", reason=" ")

    assert (Act.objects.count(), aside("handler")[0]) == (0, (2, "dead", 1))


def test_only_dead_letters_are_decided_about() -> None:
    dead("handler")
    waiting = Delivery.objects.filter(state="waiting").values_list("pk", flat=True)

    assert dead_letters.discard(waiting, actor="ada", reason="no") == 0
    assert dead_letters.retry(waiting, actor="ada") == 0
    assert (len(aside("handler")), Act.objects.count()) == (4, 0)


def test_without_a_relay_a_retry_is_delivered_in_this_process(settings: Any) -> None:
    letter = dead("handler")
    settings.EVENTBUS = {"DISPATCH": "inline"}

    dead_letters.retry([letter.pk], actor="ada")

    assert effects("handler")["a"] == [1, 2, 3, 4, 5]
