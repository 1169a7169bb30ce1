"""Dead letters: only their own key waits, until a person decides; and every decision is kept."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from eventbus import Command, DependencyDown, Event, Reject, dead_letters, publish
from eventbus.errors import EventBusError
from eventbus.management.commands.dead_letters import HEADINGS
from eventbus.models import Act, Delivery, Message
from eventbus.testing import drain
from eventbus.watching import lanes_due
from tests.eventbus import toys
from tests.eventbus.callers import Sent, effects

pytestmark = pytest.mark.usefixtures("toy_bus")
KINDS = ("handler", "external", "projection", "saga")


@transaction.atomic
def pass_gate(*parcels: tuple[str, int]) -> None:
    publish(*(Sent(parcel=parcel, number=number) for parcel, number in parcels))


def poison(kind: str, *, error: type[Exception] = Reject, parcel: str = "a", number: int = 2) -> None:
    """Let one consumer never take one message."""

    def fail(message: Event | Command) -> None:
        if message == Sent(parcel=parcel, number=number):
            raise error(f"no {parcel}{number}")

    toys.behaviour[kind] = fail


def aside(kind: str) -> list[tuple[int, str, int]]:
    """What is set aside for a consumer: (number, state, attempts), in the order of the log."""
    waiting = (
        Delivery.objects.filter(subscription=f"toys.{kind}").select_related("message").order_by("message")
    )
    return [(d.message.data["number"], d.state, d.attempts) for d in waiting]


def dead(kind: str) -> Delivery:
    poison(kind)
    pass_gate(("a", 1), ("b", 1), ("a", 2), ("a", 3), ("b", 2), ("a", 4))
    drain()
    pass_gate(("a", 5), ("b", 3))
    drain()
    toys.behaviour.clear()
    return dead_letters.dead_letters().get()


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


def manage(*arguments: object) -> str:
    out = StringIO()
    call_command("dead_letters", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_list_shows_what_failed_and_how_many_wait_behind_it() -> None:
    assert manage("list") == "No dead letters.\n"
    letter = dead("handler")

    heading, row = manage("list").splitlines()

    since = timezone.localtime(letter.created_at)
    assert heading.split() == list(HEADINGS)
    assert row == (
        f"{letter.pk:<{len(str(letter.pk)) if letter.pk > 9 else 2}}  {letter.message_id:<8}  "
        f"toys.handler  toys.sent  parcel-a  1         3       {since:%Y-%m-%d %H:%M}  Reject: no a2"
    )


@pytest.mark.parametrize(
    "filters",
    [
        ("--subscription", "toys.saga"),
        ("--stream", "parcel-c"),
        ("--type", "toys.counted"),
        ("--error", "burnt"),
        ("--since", "2999-01-01"),
    ],
)
def test_a_filter_leaves_out_what_does_not_fit(filters: tuple[str, str]) -> None:
    dead("handler")

    assert manage("list", *filters) == "No dead letters.\n"


@pytest.mark.parametrize(
    "filters",
    [
        ("--subscription", "toys.handler"),
        ("--stream", "parcel-a"),
        ("--type", "toys.sent"),
        ("--error", "NO A2"),
        ("--since", "2020-01-01T10:30"),
    ],
)
def test_a_filter_finds_what_fits(filters: tuple[str, str]) -> None:
    dead("handler")

    assert "parcel-a" in manage("list", *filters)


def test_show_tells_everything_about_one() -> None:
    poison("handler", error=ValueError)
    pass_gate(("a", 2))
    now = timezone.now()
    for hours in range(3):
        drain(now + timedelta(hours=hours))
    letter = dead_letters.dead_letters().get()
    dead_letters.retry([letter.pk], actor="ada", reason="the label is mended")
    for hours in range(3):
        drain(now + timedelta(hours=hours + 3))

    shown = manage("show", letter.pk)

    assert f"message:      {letter.message_id} {letter.message.uuid}\n" in shown
    assert 'data:         {"number": 2, "parcel": "a"}\n' in shown
    assert "headers:      {}\n" in shown
    assert "\nValueError: no a2\n\nTraceback (most recent call last):\n" in shown
    assert 'raise error(f"no {parcel}{number}")\n' in shown
    assert re.search(r"\n\d{4}-\d\d-\d\d \d\d:\d\d retry by ada: the label is mended\n$", shown)


def test_retry_and_discard_from_the_command_line_are_kept_with_their_actor() -> None:
    letter = dead("handler")

    assert manage("retry", letter.pk, "--actor", "ada") == "Retried 1 dead letter.\n"
    poison("handler", number=3)
    drain()
    discarded = manage("discard", "--subscription", "toys.handler", "--reason", "burnt", "--actor", "bob")
    drain()

    assert discarded == "Discarded 1 dead letter.\n"
    assert effects("handler")["a"] == [1, 2, 4, 5]
    assert list(Act.objects.order_by("pk").values_list("actor", "act", "reason")) == [
        ("ada", "retry", ""),
        ("bob", "discard", "burnt"),
    ]


def test_who_runs_the_command_is_the_actor_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    dead("handler")
    monkeypatch.setenv("LOGNAME", "grace")

    manage("retry", "--all")

    assert Act.objects.get().actor == "grace"


@pytest.mark.parametrize("act", [("retry",), ("discard", "--reason", "burnt")])
def test_a_dry_run_tells_and_does_nothing(act: tuple[str, ...]) -> None:
    dead("handler")
    before = aside("handler")

    told = manage(*act, "--all", "--dry-run").splitlines()

    assert told[0] == f"Would {act[0]} 1 dead letter."
    assert "Reject: no a2" in told[2]
    assert (aside("handler"), Act.objects.count()) == (before, 0)


def test_wrong_calls_are_told_what_is_wrong() -> None:
    letter = dead("handler")
    waiting = Delivery.objects.filter(state="waiting").earliest("pk")

    for arguments, message in (
        (("retry",), r"^Say which to retry: ids, a filter such as --subscription, or --all\.$"),
        (("show", 999_999), r"^There is no dead letter 999999\. `manage\.py dead_letters list` names those"),
        (("retry", letter.pk, waiting.pk), rf"^Delivery {waiting.pk} is waiting, not dead\. `manage\.py"),
        (("discard", letter.pk), r"the following arguments are required: --reason"),
        (("discard", letter.pk, "--reason", ""), r" would discard dead letters without a reason\. "),
        (("list", "--since", "soon"), r"'soon' is no date; write it like 2026-11-21 or 2026-11-21T10:30$"),
        (("list", "--since", "2026-02-30"), r"'2026-02-30' is no date; "),
    ):
        with pytest.raises(CommandError, match=message):
            manage(*arguments)

    assert Act.objects.count() == 0
