"""From lines to what the shop does with them: sales, credit notes and corrections of the stock.

The lines of an invoice need not stand together, so a sale or a credit note is complete at its last line.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from orders.importing.buckets import SHIPPING_CODES, Bucket
from orders.importing.lines import Line


class Sale(Struct, frozen=True):
    """The priced lines of an invoice."""

    lines: list[Line]

    @property
    def goods(self) -> list[Line]:
        """What leaves the shelf."""
        return [line for line in self.lines if line.sku not in SHIPPING_CODES]

    @property
    def shipping(self) -> list[Line]:
        """What is charged for the delivery."""
        return [line for line in self.lines if line.sku in SHIPPING_CODES]

    @property
    def moves(self) -> Iterator[tuple[str, int]]:
        """What it does to the shelf."""
        return ((line.sku, -line.quantity) for line in self.goods)


class CreditNote(Struct, frozen=True):
    """The lines of a cancellation."""

    lines: list[Line]

    @property
    def moves(self) -> Iterator[tuple[str, int]]:
        """What comes back to the shelf: everything but postage."""
        return ((line.sku, -line.quantity) for line in self.lines if line.sku not in SHIPPING_CODES)


class Correction(Struct, frozen=True):
    """A line without a price: without a customer a change of the shelf, with a customer a gift to them."""

    lines: list[Line]

    @property
    def line(self) -> Line:
        """The one line."""
        return self.lines[0]

    @property
    def moves(self) -> Iterator[tuple[str, int]]:
        """A correction's quantity is the change of the shelf; a gift's leaves it."""
        yield self.line.sku, -self.line.quantity if self.line.customer else self.line.quantity


Document = Sale | CreditNote | Correction


class Desk:
    """Where lines are put together to documents; an invoice stays open until its last line."""

    def __init__(self, last_lines: Mapping[str, int]) -> None:
        self._last_lines = last_lines
        self._open: dict[str, list[Line]] = {}

    @property
    def is_clear(self) -> bool:
        """Whether no invoice is half done."""
        return not self._open

    def take(self, line: Line, bucket: Bucket) -> Iterator[Document]:
        """Put one more line down; yields what it completes."""
        lines = self._open.setdefault(line.invoice, [])
        if bucket == Bucket.CORRECTED:
            yield Correction([line])
        elif bucket != Bucket.SKIPPED:
            lines.append(line)
        if self._last_lines[line.invoice] == line.number:
            del self._open[line.invoice]
            if lines:
                yield CreditNote(lines) if line.invoice[0] == "C" else Sale(lines)


def moment_of(document: Document) -> datetime:
    """When it happened: the time of its first line."""
    return document.lines[0].at
