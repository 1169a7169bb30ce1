"""What happened to an order, and what it was at any moment."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from eventbus import ArchivedStream
from orders.errors import OrderNotFound, OrderNumberUnknown
from orders.models import OrderState
from orders.queries import order_as_of, order_by_number, order_story


class Command(BaseCommand):
    """Reads the order's own events, never its row."""

    help = "Tell an order's events as a story, and its state after them, now or at any moment."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which order, and when."""
        parser.add_argument("number", metavar="NUMBER", help="the order number, 7KQ4-9MXR-2C8T")
        parser.add_argument(
            "--as-of",
            type=_moment,
            metavar="MOMENT",
            help="2026-11-21T10:00, in the shop's time zone unless it names one; a day means its end",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell the story and the state."""
        moment: datetime | None = options["as_of"]
        try:
            order_id = order_by_number(options["number"])
            state = order_as_of(order_id, moment)
        except (OrderNumberUnknown, ArchivedStream) as refusal:
            raise CommandError(str(refusal)) from refusal
        except OrderNotFound:
            raise CommandError(f"{options['number']} was not placed yet at {_shown(moment)}.") from None
        then = f"at {_shown(moment)}" if moment else "now"
        self.stdout.write(f"Order {state.number}, {order_id}")
        for chapter in order_story(order_id, moment):
            self.stdout.write(
                f"{chapter.revision:>3}. {_shown(chapter.at)}  {chapter.event}: {chapter.sentence}"
            )
        for label, value in _facts(state):
            self.stdout.write(f"{label:>12} {then}: {value}")


def _facts(state: OrderState) -> list[tuple[str, object]]:
    coming = [one for one in state.returns if one.state == "requested"]
    facts: list[tuple[str, object]] = [
        ("state", state.state),
        ("total", state.total),
        ("given back", state.refunded),
        ("came back", ", ".join(f"{count} x {sku}" for sku, count in state.returned.items())),
        ("on its way", ", ".join(f"{line.quantity} x {line.sku}" for one in coming for line in one.lines)),
        ("parcel", state.tracking_number),
        ("to cancel", _shown(state.cancellation_requested_at) if state.cancellation_requested_at else ""),
        ("reason", state.reason),
    ]
    return [(label, value) for label, value in facts if value]


def _moment(text: str) -> datetime:
    try:
        day, moment = parse_date(text), parse_datetime(text)
    except ValueError:
        day = moment = None
    if day and len(text) == len("2026-11-21"):
        moment = datetime.combine(day + timedelta(days=1), datetime.min.time()) - timedelta(microseconds=1)
    if moment is None:
        raise ArgumentTypeError(f"{text!r} is no moment; write it like 2026-11-21T10:00.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _shown(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat(" ", "seconds") if moment else "now"
