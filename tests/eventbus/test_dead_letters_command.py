"""manage.py dead_letters."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from eventbus import dead_letters
from eventbus.management.commands.dead_letters import HEADINGS
from eventbus.models import Act, Delivery
from eventbus.testing import drain
from tests.eventbus.callers import aside, dead, effects, pass_gate, poison

pytestmark = pytest.mark.usefixtures("toy_bus")


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
