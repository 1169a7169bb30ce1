"""Cutting a file into chunks: so many documents, and no invoice half done at the end."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from msgspec import Struct, field

from orders.importing.buckets import Bucket, Figures, bucket_of
from orders.importing.documents import CreditNote, Desk, Document, Sale
from orders.importing.lines import Line, Malformed


class Chunk(Struct):
    """Some lines of a file, in order, and the documents that they add up to."""

    first_line: int
    next_line: int
    lines: list[tuple[Line | Malformed, Bucket, str]] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    @property
    def sales(self) -> list[Sale]:
        """The documents that become orders."""
        return [document for document in self.documents if isinstance(document, Sale)]

    @property
    def others(self) -> list[Document]:
        """The credit notes and corrections, which move stock at once."""
        return [document for document in self.documents if not isinstance(document, Sale)]

    def count_into(self, figures: Figures) -> None:
        """Add what is in here to the figures."""
        for line, bucket, reason in self.lines:
            figures.count(line, bucket, reason)
        figures.orders += len(self.sales)
        figures.credit_notes += sum(isinstance(document, CreditNote) for document in self.others)


def chunks(
    lines: Iterable[Line | Malformed],
    last_lines: Mapping[str, int],
    *,
    start: int,
    size: int,
    last_day: date | None = None,
) -> Iterator[Chunk]:
    """The lines from number `start` on, to the end of `last_day`; chunks of at least `size` documents.

    An invoice whose lines are far apart makes its chunk as large as that, and memory with it.
    """
    desk, chunk = Desk(last_lines), Chunk(start, start)
    for line in lines:
        if line.number < start:
            continue
        if desk.is_clear and last_day and _is_after(line, last_day):
            break
        _take(line, desk, chunk)
        if desk.is_clear and len(chunk.documents) >= size:
            yield chunk
            chunk = Chunk(chunk.next_line, chunk.next_line)
    if chunk.lines:
        yield chunk


def _is_after(line: Line | Malformed, day: date) -> bool:
    return isinstance(line, Line) and line.at.date() > day


def _take(line: Line | Malformed, desk: Desk, chunk: Chunk) -> None:
    bucket, reason = bucket_of(line)
    chunk.lines.append((line, bucket, reason))
    chunk.next_line = line.number + 1
    if isinstance(line, Line):
        chunk.documents += desk.take(line, bucket)
