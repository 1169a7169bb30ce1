"""Import the sales of a real shop, line by line of its invoices."""

import json
import signal
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from inventory.errors import InventoryError
from orders.errors import OrdersError
from orders.importing import CHUNK_SIZE, SalesImportRun, helper
from orders.importing.buckets import Figures
from orders.importing.lines import Malformed
from orders.importing.proof import Invariant

_SHOWN = 20


class Command(BaseCommand):
    """Started again it goes on where it was stopped; a file that is done is only checked again."""

    help = "Import a CSV file (.csv or .csv.gz) of invoice lines as orders, returns and stock corrections."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, where to write the report, and how much of the file."""
        parser.add_argument("file", type=Path, help="one invoice line per record, in time order")
        parser.add_argument(
            "--report", type=Path, help="write what became of every line to this file, as JSON"
        )
        parser.add_argument("--limit-days", type=_positive, help="stop after the file's first N trading days")
        parser.add_argument(
            "--chunk-size",
            type=_positive,
            default=CHUNK_SIZE,
            help="invoices in one transaction (%(default)s)",
        )

        parser.add_argument(
            "--processes",
            type=int,
            choices=(1, 2),
            default=2,
            help="with 2, another one delivers beside this one (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, or say that it is done already; then say what became of the lines."""
        try:
            run = SalesImportRun(options["file"], options["chunk_size"])
            stopped = self._import(run, options["limit_days"], options["processes"])
        except (OrdersError, InventoryError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self._show(run.figures)
        proof = [] if stopped else self._prove(run)
        if options["report"]:
            _write_report(options["report"], run.figures, proof)
        if stopped:
            raise CommandError("Stopped. Run the same command again to go on from here.", returncode=130)
        if broken := sum(not invariant.holds for invariant in proof):
            raise CommandError(f"{broken} of {len(proof)} invariants are broken.")

    def _import(self, run: SalesImportRun, limit_days: int | None, processes: int) -> bool:
        if run.is_finished:
            run.deliver()
            self.stdout.write(f"{run.path} is imported already; nothing to do.")
            return False
        self.stderr.write(f"Reading {run.path} …")
        run.prepare()
        self._warn(run.index.malformed)
        done = run.figures.total.lines
        with (
            helper(processes),
            _interrupt() as interrupted,
            tqdm(total=run.index.lines, initial=done, unit=" lines", disable=None) as bar,
        ):
            for chunk in run.steps(limit_days=limit_days):
                bar.update(len(chunk.lines))
                if interrupted:
                    break
        run.deliver()
        return bool(interrupted) and not run.is_finished

    def _prove(self, run: SalesImportRun) -> list[Invariant]:
        """Say of each invariant whether it holds, as soon as it is known."""
        proof: list[Invariant] = []
        for invariant in run.prove():
            proof.append(invariant)
            self.stdout.write(str(invariant))
        return proof

    def _warn(self, malformed: list[Malformed]) -> None:
        for line in malformed[:_SHOWN]:
            self.stderr.write(f"Line {line.number} is skipped: {line.why}.")
        if more := malformed[_SHOWN:]:
            self.stderr.write(f"… and {len(more)} more malformed lines, down to line {more[-1].number}.")

    def _show(self, figures: Figures) -> None:
        rows = [*figures.buckets.items(), ("total", figures.total)]
        for name, tally in rows:
            self.stdout.write(
                f"{name:>10} {tally.lines:>9,} lines {tally.quantity:>11,} units {tally.amount:>16,}"
            )
        for reason, tally in figures.skipped.items():
            self.stdout.write(f"{'':>10} skipped for {reason}: {tally.lines:,} lines, {tally.amount:,}")
        self.stdout.write(f"{figures.orders:,} orders, {figures.credit_notes:,} credit notes.")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _write_report(path: Path, figures: Figures, proof: list[Invariant]) -> None:
    report = figures.report() | {"invariants": {each.name: each.against or "holds" for each in proof}}
    try:
        path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The report cannot be written to {path}: {error.strerror}.") from error


@contextmanager
def _interrupt() -> Generator[list[int]]:
    """Collect Ctrl-C instead of dying of it: the chunk that is under way is finished first."""
    caught: list[int] = []
    before = {
        number: signal.signal(number, lambda received, _: caught.append(received))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
