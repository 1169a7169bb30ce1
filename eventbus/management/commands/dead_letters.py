"""manage.py dead_letters: what handlers could not take, and what a person decides about it."""

import getpass
import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from eventbus import dead_letters
from eventbus.errors import EventBusError
from eventbus.lanes import headline
from eventbus.models import Act, Delivery

HEADINGS = ("id", "position", "subscription", "type", "stream", "attempts", "behind", "since", "error")
FILTERS = ("subscription", "stream", "type", "since", "error")
ERROR_WIDTH = 60


class Command(BaseCommand):
    """Lists, shows, retries and discards dead letters."""

    help = "Dead letters: messages that a handler could not take, whose streams wait for a decision."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the acts and their options."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="list|show|retry|discard")
        _add_filters(acts.add_parser("list", help="what there is, and how many messages wait behind each"))
        show = acts.add_parser("show", help="everything about the dead letters with these ids")
        show.add_argument("ids", nargs="+", type=int, metavar="ID")
        retry = acts.add_parser("retry", help="try them again, with their full number of attempts")
        discard = acts.add_parser("discard", help="give them up: the handler never gets them")
        for act in (retry, discard):
            _add_filters(act)
            act.add_argument("--all", action="store_true", help="every dead letter there is")
            act.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
            act.add_argument("--actor", default="", help="who decides it; default the account that runs this")
            act.add_argument("--reason", default="", required=act is discard, help="why; kept with the act")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one act."""
        chosen = _chosen(options)
        match options["act"]:
            case "list":
                self._list(chosen)
            case "show":
                for delivery in chosen:
                    self._show(delivery)
            case act:
                self._decide(act, chosen, options)

    def _list(self, chosen: Sequence[Delivery]) -> None:
        if not chosen:
            self.stdout.write("No dead letters.")
            return
        rows = [HEADINGS, *(_row(delivery) for delivery in chosen)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
        for row in rows:
            self.stdout.write("  ".join(map(str.ljust, row, widths)).rstrip())

    def _show(self, delivery: Delivery) -> None:
        message = delivery.message
        for name, value in (
            ("dead letter", delivery.pk),
            ("subscription", delivery.subscription),
            ("message", f"{message.position} {message.uuid}"),
            ("type", f"{message.type} version {message.version}"),
            ("stream", message.stream),
            ("occurred", message.occurred_at.isoformat()),
            ("story", message.correlation_id),
            ("attempts", delivery.attempts),
            ("behind", delivery.behind),  # type: ignore[attr-defined]
            ("data", json.dumps(message.data)),
            ("headers", json.dumps(message.headers)),
        ):
            self.stdout.write(f"{name + ':':<14}{value}")
        self.stdout.write(f"\n{delivery.error}\n")
        for act in dead_letters.history(delivery):
            self.stdout.write(_told(act))

    def _decide(self, act: str, chosen: Sequence[Delivery], options: dict[str, Any]) -> None:
        if options["dry_run"]:
            self.stdout.write(f"Would {act} {_counted(len(chosen))}.")
            self._list(chosen)
            return
        decide = {"retry": dead_letters.retry, "discard": dead_letters.discard}[act]
        actor = options["actor"] or getpass.getuser()
        try:
            count = decide((delivery.pk for delivery in chosen), actor=actor, reason=options["reason"])
        except EventBusError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{'Retried' if act == 'retry' else 'Discarded'} {_counted(count)}.")


def _add_filters(parser: ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="as the list names them")
    parser.add_argument("--subscription", default="", help="of this subscription")
    parser.add_argument("--stream", default="", help="of this stream")
    parser.add_argument("--type", default="", help="messages of this type, e.g. orders.order_placed")
    parser.add_argument("--since", type=_moment, help="set aside since, e.g. 2026-11-21 or 2026-11-21T10:30")
    parser.add_argument("--error", default="", metavar="TEXT", help="whose error contains this text")


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
        day = None if moment else parse_date(text)
    except ValueError:
        moment = day = None
    if day:
        moment = datetime(day.year, day.month, day.day)
    if moment is None:
        raise ArgumentTypeError(f"{text!r} is no date; write it like 2026-11-21 or 2026-11-21T10:30")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _chosen(options: dict[str, Any]) -> list[Delivery]:
    ids: list[int] = options["ids"]
    filters: dict[str, Any] = {name: options[name] for name in FILTERS if options.get(name)}
    if options["act"] in ("retry", "discard") and not (ids or filters or options["all"]):
        raise CommandError(f"Say which to {options['act']}: ids, a filter such as --subscription, or --all.")
    _refuse_wrong(ids)
    return list(dead_letters.dead_letters(ids=ids, **filters))


def _refuse_wrong(ids: Sequence[int]) -> None:
    states = dict(Delivery.objects.filter(pk__in=ids).values_list("pk", "state"))
    wrong = [
        f"Delivery {pk} is {states[pk]}, not dead." if pk in states else f"There is no dead letter {pk}."
        for pk in ids
        if states.get(pk) != Delivery.State.DEAD
    ]
    if wrong:
        raise CommandError(f"{' '.join(wrong)} `manage.py dead_letters list` names those there are.")


def _row(delivery: Delivery) -> tuple[str, ...]:
    return (
        str(delivery.pk),
        str(delivery.message_id),
        delivery.subscription,
        delivery.message.type,
        delivery.stream,
        str(delivery.attempts),
        str(delivery.behind),  # type: ignore[attr-defined]
        f"{timezone.localtime(delivery.created_at):%Y-%m-%d %H:%M}",
        headline(delivery.error)[:ERROR_WIDTH],
    )


def _counted(number: int) -> str:
    return f"{number} dead letter{'' if number == 1 else 's'}"


def _told(act: Act) -> str:
    why = f": {act.reason}" if act.reason else "."
    return f"{timezone.localtime(act.at):%Y-%m-%d %H:%M} {act.act} by {act.actor}{why}"
