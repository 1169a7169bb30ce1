"""Reading the file: CSV with a header, UTF-8, plain or gzip; one invoice line per record, in time order.

A record that cannot be understood comes out as `Malformed`, with the number of the line where it starts.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from msgspec import Struct

from orders.errors import OrdersError

COLUMNS = (
    "invoice",
    "stock_code",
    "description",
    "quantity",
    "invoice_date",
    "unit_price",
    "customer_id",
    "country",
)
LONDON = ZoneInfo("Europe/London")
LARGEST_QUANTITY, LARGEST_AMOUNT = 10_000_000, 10_000_000_000
_INVOICE = re.compile(r"[CA]?[0-9]{1,18}").fullmatch
_WHOLE = re.compile(r"-?[0-9]{1,12}").fullmatch
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?").fullmatch
_LENGTHS = {"stock_code": 64, "customer_id": 40}


class UnreadableFile(OrdersError):
    """The file cannot be read, or is no sales file."""


class Line(Struct, frozen=True, gc=False):
    """One invoice line as it stands in the file, the description stripped."""

    number: int
    invoice: str
    sku: str
    description: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str
    country: str

    @property
    def amount(self) -> Decimal:
        """Quantity times price, signed as in the file."""
        return self.quantity * self.price


class Malformed(Struct, frozen=True, gc=False):
    """A record that is no invoice line, and why."""

    number: int
    why: str


Row = list[str]


def read_lines(path: Path) -> Iterator[Line | Malformed]:
    """Every record of the file, one at a time; raises UnreadableFile."""
    try:
        with _open(path) as text:
            records = _records(text)
            header = _header(path, records)
            columns = itemgetter(*(header.index(column) for column in COLUMNS))
            for number, row in records:
                yield _parse(number, row, len(header), columns)
    except gzip.BadGzipFile as error:
        raise UnreadableFile(f"{path} is not a gzip file, although its name says so.") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFile(f"{path} cannot be read: {reason}.") from error


def _open(path: Path) -> TextIO:
    # Bytes that are no UTF-8 spoil one line, not the file.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _header(path: Path, records: Iterator[tuple[int, Row | str]]) -> list[str]:
    _, row = next(records, (1, ""))
    header = [] if isinstance(row, str) else [name.strip() for name in row]
    if missing := [column for column in COLUMNS if column not in header]:
        raise UnreadableFile(
            f"{path} is no sales file: its first line does not name the column{'s'[: len(missing) - 1]} "
            f"{', '.join(missing)}."
        )
    return header


def _records(text: TextIO) -> Iterator[tuple[int, Row | str]]:
    """Each record with the number of its first line; instead of one that is no CSV, what is wrong."""
    reader = csv.reader(text)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, str(error)
            continue
        if row:
            yield number, row


def _parse(
    number: int, row: Row | str, width: int, columns: Callable[[Row], Sequence[str]]
) -> Line | Malformed:
    if isinstance(row, str):
        return Malformed(number, row)
    if len(row) != width:
        return Malformed(number, f"{len(row)} fields instead of {width}")
    try:
        return _line(number, columns(row))
    except ValueError as error:
        return Malformed(number, str(error))


def _line(number: int, fields: Sequence[str]) -> Line:
    invoice, sku, description, quantity, at, price, customer, country = fields
    _check_text("".join(fields))
    if not _INVOICE(invoice):
        raise ValueError(f"invoice {invoice!r} is not a number, C and a number, or A and a number")
    if not 1 <= len(sku) <= _LENGTHS["stock_code"] or len(customer) > _LENGTHS["customer_id"]:
        raise ValueError("the stock code is missing, or it or the customer's number is too long")
    line = Line(
        number,
        invoice,
        sku,
        description.strip(),
        _quantity(quantity),
        _moment(at),
        _price(price),
        customer,
        country,
    )
    if abs(line.amount) > LARGEST_AMOUNT:
        raise ValueError(f"{quantity} times {price} is more than an order can cost")
    return line


def _check_text(text: str) -> None:
    if "\0" in text:
        raise ValueError("it contains a NUL character")
    if not text.isascii() and any("\udc80" <= letter <= "\udcff" for letter in text):
        raise ValueError("it is not UTF-8")


def _quantity(text: str) -> int:
    if not _WHOLE(text) or not 0 < abs(quantity := int(text)) <= LARGEST_QUANTITY:
        raise ValueError(f"quantity {text!r} is not a whole number other than 0")
    return quantity


@lru_cache(maxsize=4096)
def _price(text: str) -> Decimal:
    if not _DECIMAL(text):
        raise ValueError(f"unit price {text!r} is not a decimal number")
    return Decimal(text)


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"invoice date {text!r} is not like 2010-12-01T08:26:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
