"""manage.py chaos: kill everything at random while work is done, and check that nothing is lost."""

import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from secrets import randbelow
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from eventbus.chaos import Plan, Report, run


class Command(BaseCommand):
    """Ends by itself; Ctrl-C ends it early. Exit code: 0 every invariant held, 1 broken, 130 interrupted."""

    help = "Run a plan of work and faults, check its invariants, and report. See docs/chaos.md."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The plan, and what decides the run."""
        parser.add_argument("plan", help="a function that returns a Plan, as module:function")
        parser.add_argument("--seconds", type=float, default=60.0, help="how long to disturb (default 60)")
        parser.add_argument("--seed", type=int, help="decides the schedule (default: a random one, printed)")
        parser.add_argument("--report", type=Path, help="also write the report to this file, as JSON")

    def handle(
        self, *, plan: str, seconds: float, seed: int | None, report: Path | None, **options: Any
    ) -> None:
        """Run, print the report, and exit with what it says."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        chosen = randbelow(1_000_000) if seed is None else seed
        self._say(f"Seed {chosen}: the same schedule again with --seed {chosen} --seconds {seconds:g}")
        outcome = run(_load(plan)(), seed=chosen, seconds=seconds, say=self._say, stop=stop)
        self._hand_over(outcome, report)

    def _hand_over(self, outcome: Report, file: Path | None) -> None:
        if file:
            file.write_bytes(outcome.as_json())
        self._say(f"\n{outcome}")
        if not outcome.ok:
            raise SystemExit(1 if outcome.finished or any(outcome.breaches.values()) else 130)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _load(path: str) -> Callable[[], Plan]:
    try:
        plan: Callable[[], Plan] = import_string(path.replace(":", "."))
    except ImportError as error:
        raise CommandError(
            f"There is no plan {path} ({error}): name a function, as module:function."
        ) from error
    return plan
