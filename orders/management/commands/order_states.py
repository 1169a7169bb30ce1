"""Draw the table of transitions of an order, for docs/order-states.md."""

from collections.abc import Iterator
from inspect import getdoc
from typing import Any

from django.core.management.base import BaseCommand

from orders.models import TRANSITIONS

_HEAD = """\
# What may happen to an order

Drawn from the table in `orders/models/transitions.py` by `manage.py order_states > docs/order-states.md`;
a test compares the two. A new event passes the table and its guards before it is published, at the next
revision of the order's stream, so that two at once cannot both be next. What the table does not list is
refused with the events that it does (`TransitionRefused`); a guard refuses with an error of its own.
An event that is in the log is a fact: it is folded, and no guard is asked again.
"""


class Command(BaseCommand):
    """Prints a page of Markdown with a Mermaid diagram."""

    help = "Print the states of an order, the events between them and their guards, as Markdown."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the page."""
        self.stdout.write("\n".join((_HEAD, *_diagram(), "", *_table(), "", *_guards())))


def _diagram() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for line in TRANSITIONS:
        guards = "".join(f"<br>[{guard.__name__}]" for guard in line.guards)
        yield f"    {line.before or '[*]'} --> {line.after}: {line.event.__name__}{guards}"
    ends = {line.after for line in TRANSITIONS} - {
        line.before for line in TRANSITIONS if line.before != line.after
    }
    yield from (f"    {state} --> [*]" for state in sorted(ends))
    yield "```"


def _table() -> Iterator[str]:
    yield "| state | event | state after | guards |"
    yield "| --- | --- | --- | --- |"
    for line in TRANSITIONS:
        names = ", ".join(f"`{guard.__name__}`" for guard in line.guards)
        yield f"| {line.before or 'none yet'} | `{line.event.__name__}` | {line.after} | {names} |"


def _guards() -> Iterator[str]:
    yield "| guard | what it means |"
    yield "| --- | --- |"
    for guard in dict.fromkeys(guard for line in TRANSITIONS for guard in line.guards):
        yield f"| `{guard.__name__}` | {(getdoc(guard) or '').splitlines()[0]} |"
