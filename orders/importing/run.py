"""An import from its first to its last line, which may be stopped or killed at any moment and started again.

The file is read to its end before anything is written: a file that cannot be read imports nothing. Then it is
read in chunks of about 500 documents: a read model's rows are written once per chunk, so small ones are dear.
One transaction writes all of a chunk, at the documents' own times, and the progress beside it; after that the
bus delivers what the chunk has caused, and a second process may help it (`helping`). Started again, the
import goes on after the last chunk that was committed. Ids come from the invoice numbers, so nothing can be
there twice.

Why the shelf never runs empty: the opening stock is the smallest with which the documents, in file order,
never go below zero. Corrections and returns are booked with their chunk, in that order; sales reserve their
goods when the bus delivers, that is later than their place in the file, which only leaves more on the shelf.
Within a chunk the orders are placed first: what moves stock then has the stockroom to itself only briefly.
"""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from eventbus import drain
from inventory import services as inventory
from orders.errors import OrdersError
from orders.importing.buckets import Figures
from orders.importing.chunks import Chunk, chunks
from orders.importing.lines import UnreadableFile, read_lines
from orders.importing.proof import Invariant, prove
from orders.importing.survey import Index, index, take_stock
from orders.importing.writing import document_id, open_shop, write
from orders.models import Order, Return, SalesImport

CHUNK_SIZE = 500


class ImportRefused(OrdersError):
    """The import cannot begin, or cannot go on."""


class SalesImportRun:
    """One run of an import: new, or going on where the last one stopped."""

    def __init__(self, path: Path, chunk_size: int = CHUNK_SIZE) -> None:
        self.path, self.chunk_size = path, chunk_size
        self.sha256 = _sha256(path)
        self.index = Index()

    @property
    def progress(self) -> SalesImport | None:
        """How far the import of this very file has come, in this and earlier runs."""
        return SalesImport.objects.filter(pk=self.sha256).first()

    @property
    def figures(self) -> Figures:
        """What has been imported of this file."""
        progress = self.progress
        return Figures.stored(progress.figures) if progress else Figures()

    @property
    def is_finished(self) -> bool:
        """Whether the file is imported to its end."""
        progress = self.progress
        return progress is not None and progress.finished_at is not None

    def prepare(self) -> None:
        """Read the file; for a new import, open the shop for it."""
        self.index = index(self.path)
        if self.progress is None:
            self._begin()
        self.deliver()

    def deliver(self) -> None:
        """Let the bus deliver what is due: also what was committed just before an earlier run was killed."""
        drain()

    def prove(self) -> Iterator[Invariant]:
        """Check what must be true of the shop now, one invariant after the other."""
        if not self.index.lines:
            self.index = index(self.path)
        yield from prove(self.index, self.figures)

    def steps(self, *, limit_days: int | None = None) -> Iterator[Chunk]:
        """Import chunk after chunk; each is yielded when it is written and nothing of it waits for a hand.

        A helper may still be at the last of it.
        """
        progress = self.progress
        assert progress is not None, "prepare() comes first"
        for chunk in chunks(
            read_lines(self.path),
            self.index.last_lines,
            start=progress.next_line,
            size=self.chunk_size,
            last_day=self._last_day(limit_days),
        ):
            self._import(chunk)
            self.deliver()
            yield chunk

    def _last_day(self, limit_days: int | None) -> date | None:
        days = self.index.days
        return days[min(limit_days, len(days)) - 1] if limit_days else None

    def _begin(self) -> None:
        self._refuse_known_invoices()
        stock = take_stock(self.path, self.index.last_lines)
        # Before the first message: whoever has never listened starts with what comes after this.
        drain()
        with transaction.atomic():
            SalesImport.objects.create(
                sha256=self.sha256, file_name=self.path.name, figures=Figures().as_json()
            )
            assert self.index.first_at is not None, "an index has at least one line"
            open_shop(stock, self.index.first_at)

    def _refuse_known_invoices(self) -> None:
        invoices = list(self.index.last_lines)
        for start in range(0, len(invoices), 1000):
            ids = [document_id(invoice) for invoice in invoices[start : start + 1000]]
            for model in (Order, Return):
                if known := model.objects.filter(pk__in=ids).values_list("number", flat=True).first():
                    raise ImportRefused(
                        f"Invoice {known} of {self.path} is in the shop already, from another file. "
                        f"Nothing was imported."
                    )

    @transaction.atomic
    def _import(self, chunk: Chunk) -> None:
        progress = SalesImport.objects.select_for_update().get(pk=self.sha256)
        if progress.next_line != chunk.first_line:
            raise ImportRefused(f"{self.path} is being imported by somebody else right now.")
        for sale in chunk.sales:
            write(sale)
        inventory.serve_alone()
        for document in chunk.others:
            write(document)
        figures = Figures.stored(progress.figures)
        chunk.count_into(figures)
        progress.figures, progress.next_line = figures.as_json(), chunk.next_line
        progress.finished_at = timezone.now() if chunk.next_line > self.index.last_number else None
        progress.save()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from error
