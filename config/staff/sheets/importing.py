"""From a sheet to changes: a trial run that names every row, and an import by batches, all or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from catalog.errors import CatalogError
from config.staff.sheets import cells
from config.staff.sheets.cells import Row
from config.staff.sheets.kinds import BadRow, Kind, Step
from inventory.errors import InventoryError

BATCH = 500


@dataclass(slots=True)
class Report:
    """What a sheet changes or has changed: by line, with the reason of each row that cannot be."""

    rows: int = 0
    same: int = 0
    changes: list[tuple[int, str]] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)

    @property
    def can_be_done(self) -> bool:
        """Whether there is something to do, and nothing against it."""
        return bool(self.changes) and not self.bad


def trial(kind: Kind, text: str, who: str) -> Report:
    """What the sheet would change, without changing it; raises NotASheet."""
    report = Report()
    for batch, firsts in _batches(_rows(kind, text)):
        _judge(report, kind, batch, firsts, who)
    return report


def carry_out(kind: Kind, text: str, who: str) -> Report:
    """Change what the sheet says, batch by batch, until one is refused: that one then changes nothing.

    What was done before stays, and is passed over when the same sheet comes again: after this one, or
    beside it from another tab. A sheet with a row that cannot be changes nothing at all. Raises NotASheet.
    """
    found = trial(kind, text, who)
    if found.bad:
        return Report(rows=found.rows, same=found.same, bad=found.bad)
    report = Report()
    for batch, firsts in _batches(_rows(kind, text)):
        if not _carry_out(report, kind, batch, firsts, who):
            break
    return report


def _rows(kind: Kind, text: str) -> list[Row]:
    return cells.read(text, needed=kind.needed, optional=kind.optional)


def _batches(rows: Sequence[Row]) -> Iterator[tuple[Sequence[Row], dict[str, int]]]:
    """Batches, with the line on which each SKU of the file comes first."""
    firsts: dict[str, int] = {}
    for row in rows:
        firsts.setdefault(row.cells.get("sku", ""), row.line)
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH], firsts


def _judge(
    report: Report, kind: Kind, batch: Sequence[Row], firsts: dict[str, int], who: str
) -> list[tuple[int, Step]]:
    steps = []
    for row, step in zip(batch, kind.plan(batch, who), strict=True):
        report.rows += 1
        first = firsts[row.cells.get("sku", "")]
        if isinstance(step, BadRow):
            report.bad.append((row.line, str(step)))
        elif first != row.line:
            report.bad.append((row.line, f"{row.cells['sku']} is on line {first} already."))
        elif step is None:
            report.same += 1
        else:
            report.changes.append((row.line, step.sentence))
            steps.append((row.line, step))
    return steps


def _carry_out(report: Report, kind: Kind, batch: Sequence[Row], firsts: dict[str, int], who: str) -> bool:
    """One batch in one transaction; answers whether the next one can follow."""
    done = Report()
    line = batch[0].line
    try:
        with transaction.atomic():
            kind.begin()
            for line, step in _judge(done, kind, batch, firsts, who):  # noqa: B007 - told when one is refused
                for call in step.calls:
                    call()
            if done.bad:
                transaction.set_rollback(True)
    except (CatalogError, InventoryError) as refusal:
        done.bad.append((line, str(refusal)))
    report.rows += done.rows
    report.bad += done.bad
    if done.bad:
        return False
    report.same += done.same
    report.changes += done.changes
    return True
