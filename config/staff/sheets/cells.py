"""Cells of a sheet: what a spreadsheet would run is written so that it does not."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

_RUNS = ("=", "+", "-", "@", "\t", "\r")
_QUOTE = "'"
LONGEST = 5 * 1024 * 1024


class NotASheet(Exception):
    """The file cannot be read at all; says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with the line of the file on which it ends."""

    line: int
    cells: dict[str, str]


def escaped(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return _QUOTE + cell if cell.startswith(_RUNS) else cell


def plain(cell: str) -> str:
    """The text that was escaped."""
    cell = cell.strip()
    return cell[1:] if cell.startswith(_QUOTE) and cell[1:].startswith(_RUNS) else cell


def written(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A sheet, row by row."""
    line = io.StringIO()
    writer = csv.writer(line)
    # Spreadsheets take a file for Latin-1 unless it begins so.
    yield "\ufeff"
    for row in chain([columns], rows):
        writer.writerow(map(escaped, row))
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def decoded(content: bytes) -> str:
    """The text of a file; raises NotASheet."""
    if len(content) > LONGEST:
        raise NotASheet(f"The file is larger than {LONGEST // 1024 // 1024} MB. Please cut it into several.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotASheet("The file is not UTF-8 text. Save it as CSV (UTF-8).") from None
    if "\0" in text:
        raise NotASheet("The file is not text. Save it as CSV (UTF-8).")
    return text


def read(text: str, *, needed: Sequence[str], optional: Sequence[str]) -> list[Row]:
    """The rows of a sheet; raises NotASheet where its columns are not those."""
    heading = text.partition("\n")[0]
    delimiter = ";" if heading.count(";") > heading.count(",") else ","
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        _check(columns, needed, optional)
        return [_row(reader.line_num, columns, cells) for cells in reader if _says_something(cells)]
    except csv.Error as broken:
        raise NotASheet(f"Line {reader.line_num} cannot be read: {broken}.") from None


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    # A comma that nobody has quoted would make 1 of 1,000.
    if _says_something(cells[len(columns) :]):
        raise NotASheet(
            f"Line {line} has more cells than there are columns. Is there a comma without quotes?"
        )
    return Row(line, dict(zip(columns, map(plain, cells), strict=False)))


def _says_something(cells: Sequence[str]) -> bool:
    return any(cell.strip() for cell in cells)


def _check(columns: list[str], needed: Sequence[str], optional: Sequence[str]) -> None:
    allowed = ", ".join((*needed, *optional))
    if missing := [name for name in needed if name not in columns]:
        raise NotASheet(f"There is no column {', '.join(missing)}. The columns are: {allowed}.")
    if unknown := [name for name in columns if name not in (*needed, *optional)]:
        raise NotASheet(f"Nobody knows the column {', '.join(unknown)}. The columns are: {allowed}.")
    if len(set(columns)) < len(columns):
        raise NotASheet("A column is there twice.")
