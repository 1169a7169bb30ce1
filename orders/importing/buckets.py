"""The bucket of every line, and what each bucket adds up to."""

from collections import defaultdict
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

import msgspec
from msgspec import Struct, field

from orders.importing.lines import Line, Malformed

# Postage, the postage of another shop front, carriage: nothing that lies on a shelf.
SHIPPING_CODES = frozenset(("POST", "DOT", "C2"))
NO_MONEY = "a price with fractions of a penny"
BAD_DEBT = "a bad-debt adjustment"
MALFORMED = "malformed"
_NAMED = 1000


class Bucket(StrEnum):
    """What becomes of a line; each line has exactly one."""

    SOLD = "sold"
    SHIPPING = "shipping"
    RETURNED = "returned"
    CORRECTED = "corrected"
    SKIPPED = "skipped"


def bucket_of(line: Line | Malformed) -> tuple[Bucket, str]:
    """The line's bucket and, where it is skipped, the reason."""
    if isinstance(line, Malformed):
        return Bucket.SKIPPED, MALFORMED
    if reason := _why_not(line):
        return Bucket.SKIPPED, reason
    if line.invoice[0] == "C":
        return Bucket.RETURNED, ""
    if not line.price:
        return Bucket.CORRECTED, ""
    return (Bucket.SHIPPING if line.sku in SHIPPING_CODES else Bucket.SOLD), ""


def _why_not(line: Line) -> str:
    if line.invoice[0] == "A":
        return BAD_DEBT
    if line.price % Decimal("0.01"):
        return NO_MONEY
    if line.price < 0:
        return "a negative price"
    if line.invoice[0] == "C":
        return "a cancellation of a negative quantity" if line.quantity > 0 else ""
    return "a sale of a negative quantity" if line.price and line.quantity < 0 else ""


class Tally(Struct):
    """Lines, units and money, signed as in the file; the money is exact."""

    lines: int = 0
    quantity: int = 0
    amount: Decimal = Decimal("0.00")

    def count(self, line: Line | Malformed) -> None:
        """Add a line; one that cannot be read has neither quantity nor amount."""
        self.lines += 1
        if isinstance(line, Line):
            self.quantity += line.quantity
            self.amount += line.amount

    def add(self, other: "Tally") -> None:
        """Add another tally."""
        self.lines += other.lines
        self.quantity += other.quantity
        self.amount += other.amount


class Figures(Struct):
    """What an import has done so far."""

    buckets: dict[Bucket, Tally] = field(default_factory=lambda: {bucket: Tally() for bucket in Bucket})
    skipped: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    malformed: list[Malformed] = field(default_factory=list)
    orders: int = 0
    credit_notes: int = 0

    def count(self, line: Line | Malformed, bucket: Bucket, reason: str) -> None:
        """Put a line into its bucket."""
        self.buckets[bucket].count(line)
        if reason:
            self.skipped.setdefault(reason, Tally()).count(line)
        if isinstance(line, Malformed) and len(self.malformed) < _NAMED:
            self.malformed.append(line)

    @property
    def total(self) -> Tally:
        """All buckets together."""
        total = Tally()
        for tally in self.buckets.values():
            total.add(tally)
        return total

    @classmethod
    def stored(cls, kept: dict[str, Any]) -> Self:
        """The figures kept in the progress of an import."""
        figures = msgspec.convert(kept, cls)
        # jsonb keeps no order.
        figures.buckets = {bucket: figures.buckets[bucket] for bucket in Bucket}
        return figures

    def as_json(self) -> dict[str, Any]:
        """Plain values; amounts as exact decimal text."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    def report(self) -> dict[str, Any]:
        """What `--report` writes."""
        return {**self.as_json(), "total": msgspec.to_builtins(self.total)}
