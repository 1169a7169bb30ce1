"""manage.py archive_log: list the partitions of the log, take old ones out, put them back."""

import getpass
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from eventbus import archive_files, archiving, partitions
from eventbus.archiving import Standing
from eventbus.checkpoints import ensure_checkpoints
from eventbus.errors import ArchiveRefused
from eventbus.models import Archive

ROW = "{:<33} {:>24} {:>12} {:>10}  {:<10}  {:<10}  {}"


def moment(text: str) -> datetime:
    """A date or a time as typed; a date is its first moment, in the project's time zone."""
    try:
        found = parse_datetime(text) if len(text) > 10 else parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise ArgumentTypeError(f"{text} is no date: write 2026-01-31, or 2026-01-31T18:00.")
    found = found if isinstance(found, datetime) else datetime.combine(found, time.min)
    return found if timezone.is_aware(found) else timezone.make_aware(found)


class Command(BaseCommand):
    """Archives and restores partitions of the log."""

    help = (
        "List the partitions of the log and who holds them back; with --before take out those that every "
        "subscription has passed, with --restore put one back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        act = parser.add_mutually_exclusive_group()
        act.add_argument(
            "--before", type=moment, metavar="DATE", help="archive partitions whose newest message is older"
        )
        act.add_argument("--restore", metavar="NAME|FILE", help="put an archived partition back into the log")
        parser.add_argument(
            "--to", type=Path, metavar="FOLDER", help="write what is archived to files, and drop its tables"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what --before would do")
        parser.add_argument(
            "--patience",
            type=float,
            default=archiving.PATIENCE_SECONDS,
            metavar="SECONDS",
            help="how long to go on asking for the log's lock",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """List, archive or restore."""
        ensure_checkpoints()
        try:
            if options["restore"]:
                self._restore(options["restore"])
            elif options["before"] or options["to"]:
                self._archive(**{name: options[name] for name in ("before", "to", "dry_run", "patience")})
            else:
                self._list()
        except ArchiveRefused as refusal:
            raise CommandError(str(refusal)) from refusal

    def _list(self) -> None:
        self._row("partition", "positions", "messages", "size", "from", "to", "state")
        for archive in Archive.objects.order_by("start"):
            state = f"archived ({archive.file or 'a table of ' + archiving.SCHEMA})"
            span = f"{archive.start} to {archive.end - 1}"
            times = [_date(archive.first_at), _date(archive.last_at)]
            self._row(archive.name, span, f"{archive.messages:,}", "", *times, state)
        for standing in archiving.standings():
            found = standing.partition
            size = filesizeformat(found.bytes).replace("\xa0", " ")
            edges = partitions.edges(found)
            times = [_date(edges.first_at), _date(edges.last_at)]
            span = f"{found.start} to {found.end - 1}"
            self._row(found.name, span, f"~{found.rows:,}", size, *times, str(standing))

    def _row(self, *cells: str) -> None:
        self.stdout.write(ROW.format(*cells).rstrip())

    def _archive(self, before: datetime | None, to: Path | None, *, dry_run: bool, patience: float) -> None:
        held = []
        if before:
            held = [s for s in archiving.standings() if not self._one(s, before, dry_run, patience)]
        if to and not dry_run:
            for archive in Archive.objects.filter(file="").order_by("start"):
                self._write(archive, to)
        if held:
            names = "; ".join(f"{standing.partition.name} is {standing}" for standing in held)
            raise CommandError(f"Not everything older than {before:%Y-%m-%d} could be archived: {names}.")

    def _one(self, standing: Standing, before: datetime, dry_run: bool, patience: float) -> bool:
        """Archive a partition if it is old enough; False where it is, and is held back."""
        partition = standing.partition
        if standing.live:
            return True
        found = archiving.survey(partition)
        if found.last_at and found.last_at >= before:
            return True
        if standing.holders:
            return False
        if not dry_run:
            archiving.detach(partition, found, actor=getpass.getuser(), patience_seconds=patience)
        done = "would be archived" if dry_run else "archived"
        self.stdout.write(f"{partition.name} {done}: {found.messages:,} messages.")
        return True

    def _write(self, archive: Archive, folder: Path) -> None:
        with self._bar(f"{archive.name} → {folder}", archive.messages * 2) as progressed:
            path = archive_files.write(archive, folder, actor=getpass.getuser(), progressed=progressed)
        self.stdout.write(f"{archive.name} written to {path}, read back, and its table dropped.")

    def _restore(self, name: str) -> None:
        archive = Archive.objects.filter(name=name).first()
        file = Path(archive.file if archive else name)
        if not archive or archive.file:
            if not file.is_file():
                known = ", ".join(Archive.objects.order_by("start").values_list("name", flat=True))
                raise CommandError(f"{file} is no file and no archive; archived are: {known or 'none'}.")
            with self._bar(f"{file} → log", archive.messages if archive else None) as progressed:
                archive = archive_files.load(file, progressed=progressed)
        assert archive is not None
        messages = archive.messages
        stamped = archiving.attach(archive, actor=getpass.getuser())
        self.stdout.write(f"{archive.name} is back in the log: {messages:,} messages.")
        if stamped:
            self.stdout.write(f"{stamped:,} of them bore transaction ids of another cluster: marked as seen.")

    @contextmanager
    def _bar(self, what: str, total: int | None) -> Generator[Callable[[int], object]]:
        with tqdm(desc=what, total=total, unit=" messages", file=self.stderr, leave=False) as bar:
            yield bar.update


def _date(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d}" if at else ""
