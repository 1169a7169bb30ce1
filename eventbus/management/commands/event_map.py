"""manage.py event_map: who says what to whom, drawn from the code."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand

from eventbus.contracts.asyncapi import asyncapi
from eventbus.contracts.drawing import html, markdown, mermaid
from eventbus.contracts.mapping import Heard, event_map


def _json(data: Any) -> str:
    return json.dumps(msgspec.to_builtins(data), indent=2, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Sequence[Heard]], str]] = {
    "mermaid": mermaid,
    "html": html,
    "asyncapi": lambda heard: _json(asyncapi(heard)),
    "json": _json,
}
COMMITTED: dict[str, Callable[[Sequence[Heard]], str]] = {
    "README.md": markdown,
    "asyncapi.json": FORMATS["asyncapi"],
}


class Command(BaseCommand):
    """Draws the map; reads no database."""

    help = "Draw who publishes what, and who hears it."
    requires_system_checks: list[str] = []  # noqa: RUF012  (Django's own type)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--format", choices=sorted(FORMATS), default="mermaid")
        parser.add_argument("--write", action="store_true", help="write the committed copies in docs/events")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the map, or write the committed copies."""
        heard = event_map()
        if not options["write"]:
            self.stdout.write(FORMATS[options["format"]](heard), ending="")
            return
        folder = Path(settings.BASE_DIR) / "docs" / "events"
        folder.mkdir(parents=True, exist_ok=True)
        for name, draw in COMMITTED.items():
            (folder / name).write_text(draw(heard))
            self.stdout.write(f"written: docs/events/{name}")
