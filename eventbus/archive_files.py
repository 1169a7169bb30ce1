"""Archived partitions as files.

A file is gzip: a line of JSON that says what it holds, the rows as COPY writes them, a line `\\.`, and a line
of JSON with their number and SHA-256. It bears another name until it is whole and has been read back.
"""

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import msgspec
from django.db import connection, transaction
from msgspec import Meta, Struct

from eventbus.archiving import SCHEMA
from eventbus.errors import ArchiveRefused
from eventbus.models import Act, Archive

FORMAT = 1
CHUNK_BYTES = 1 << 20
END = b"\\.\n"
Progressed = Callable[[int], object]


class Contents(Struct, frozen=True):
    """What a file says of itself."""

    format: int
    name: Annotated[str, Meta(pattern=r"^eventbus_message_\d+$")]
    start: int
    end: int
    columns: list[Annotated[str, Meta(pattern=r"^[a-z_]+$")]]


def path_of(archive: Archive, folder: Path) -> Path:
    """Where an archive's file goes."""
    return folder / f"{archive.name}.gz"


def write(
    archive: Archive, folder: Path, *, actor: str, progressed: Progressed = lambda messages: None
) -> Path:
    """Write an archived table to a file, read that back, and only then drop the table; returns the file.

    progressed: told how many more messages are done; each is written and read, so twice their number in all.
    Interrupted at any moment, the table is still there, and writing begins again. Memory does not grow.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(archive, folder).resolve()
    draft = path.with_name(path.name + ".part")
    _write(archive, draft, progressed)
    messages = sum(_counted(rows, progressed) for rows in read(draft))
    if messages != archive.messages:
        raise ArchiveRefused(f"{draft} has {messages} messages, {archive.name} has {archive.messages}: kept.")
    draft.replace(path)
    _sync(folder)
    _drop(archive, path, actor)
    return path


def _write(archive: Archive, draft: Path, progressed: Progressed) -> None:
    columns = _columns(archive)
    contents = {"format": FORMAT, "name": archive.name, "start": archive.start, "end": archive.end}
    digest, messages = sha256(), 0
    names = ", ".join(f'"{column}"' for column in columns)
    with draft.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
        file.write(json.dumps(contents | {"columns": columns}).encode() + b"\n")
        for row in _copied_out(f'{SCHEMA}."{archive.name}" ({names})'):
            file.write(row)
            digest.update(row)
            messages += 1
            progressed(1)
        file.write(END + json.dumps({"messages": messages, "sha256": digest.hexdigest()}).encode() + b"\n")
        file.close()
        raw.flush()
        os.fsync(raw.fileno())


def _copied_out(table: str) -> Iterator[bytes]:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as rows:
        yield from rows


def _columns(archive: Archive) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
            "AND NOT attisdropped ORDER BY attnum",
            [f'{SCHEMA}."{archive.name}"'],
        )
        return [name for (name,) in cursor.fetchall()]


def _counted(rows: bytes, progressed: Progressed) -> int:
    messages = rows.count(b"\n")
    progressed(messages)
    return messages


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@transaction.atomic
def _drop(archive: Archive, path: Path, actor: str) -> None:
    archive.file = str(path)
    archive.save(update_fields=["file"])
    Act.objects.create(actor=actor, act="archive", reason=f"{archive.name} written to {path}")
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TABLE {SCHEMA}."{archive.name}"')


def contents(path: Path) -> Contents:
    """What a file holds, by its first line. Raises ArchiveRefused where it is none of ours."""
    with _opened(path) as file:
        return _contents(file, path)


def _contents(file: gzip.GzipFile, path: Path) -> Contents:
    try:
        found = msgspec.json.decode(file.readline(), type=Contents)
    except msgspec.DecodeError:
        raise ArchiveRefused(f"{path} is no archive of the log.") from None
    if found.format != FORMAT:
        raise ArchiveRefused(f"{path} is of format {found.format}, this code reads {FORMAT}: use newer code.")
    return found


def read(path: Path) -> Iterator[bytes]:
    """The rows of a file, some at a time. Raises ArchiveRefused at its end where they are not as written."""
    digest, messages = sha256(), 0
    with _opened(path) as file:
        _contents(file, path)
        while lines := file.readlines(CHUNK_BYTES):
            last = lines.index(END) if END in lines else len(lines)
            rows = b"".join(lines[:last])
            digest.update(rows)
            messages += last
            yield rows
            if last < len(lines):
                written = json.loads(b"".join(lines[last + 1 :]) or file.readline())
                if written != {"messages": messages, "sha256": digest.hexdigest()}:
                    raise ArchiveRefused(f"{path} is damaged: its {messages} messages are not those written.")
                return
    raise ArchiveRefused(f"{path} is cut off after {messages} messages.")


@contextmanager
def _opened(path: Path) -> Iterator[gzip.GzipFile]:
    try:
        with gzip.open(path, "rb") as file:
            yield file
    except (EOFError, OSError, zlib.error) as error:
        raise ArchiveRefused(f"{path} cannot be read: {error}.") from error


@transaction.atomic
def load(path: Path, *, progressed: Progressed = lambda messages: None) -> Archive:
    """Load a file into a table of the archive's schema; returns the archive, which can then be attached.

    All or nothing. The file stays. Raises ArchiveRefused where the file is damaged or its messages are there.
    """
    found = contents(path)
    _refuse_double(found)
    names = ", ".join(f'"{column}"' for column in found.columns)
    messages = 0
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        cursor.execute(
            f'CREATE TABLE {SCHEMA}."{found.name}" (LIKE eventbus_message INCLUDING ALL EXCLUDING IDENTITY)'
        )
        with cursor.copy(f'COPY {SCHEMA}."{found.name}" ({names}) FROM STDIN') as copy:
            for rows in read(path):
                copy.write(rows)
                messages += _counted(rows, progressed)
        cursor.execute(f'ANALYZE {SCHEMA}."{found.name}"')
    bounds: dict[str, Any] = {"start": found.start, "end": found.end, "messages": messages, "file": ""}
    return Archive.objects.update_or_create(name=found.name, defaults=bounds)[0]


def _refuse_double(found: Contents) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s), to_regclass(%s)", [found.name, f"{SCHEMA}.{found.name}"])
        attached, archived = cursor.fetchone()
    if attached:
        raise ArchiveRefused(f"{found.name} is in the log already.")
    if archived:
        raise ArchiveRefused(f"{found.name} is archived as a table: restore it by its name.")
