"""Archived partitions as files: whole or not at all."""

import gzip
from pathlib import Path

import pytest
from django.core.management import CommandError

from eventbus import archive_files
from eventbus.models import Archive
from tests.eventbus.archives import (
    FIRST,
    NEXT_YEAR,
    SECOND,
    archive_log,
    archived_tables,
    attached,
    fill,
    rows,
)

pytestmark = pytest.mark.usefixtures("log_in_tens")


@pytest.mark.parametrize("moment", ["writing", "reading back", "dropping"])
def test_an_interrupted_file_loses_nothing_and_is_begun_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moment: str
) -> None:
    fill(15)
    before = rows()
    told: list[int] = []

    def interrupt(messages: int) -> None:
        told.append(messages)
        if len(told) == {"writing": 3, "reading back": 10}.get(moment):
            raise KeyboardInterrupt

    if moment == "dropping":
        monkeypatch.setattr(archive_files, "_drop", interrupt_at_drop)
    archive_log("--before", NEXT_YEAR)
    archive = Archive.objects.get()
    with pytest.raises(KeyboardInterrupt):
        archive_files.write(archive, tmp_path, actor="me", progressed=interrupt)
    monkeypatch.undo()
    assert (Archive.objects.get().file, archived_tables()) == ("", [FIRST])
    assert (tmp_path / f"{FIRST}.gz").exists() == (moment == "dropping")

    archive_log("--to", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [f"{FIRST}.gz"]
    assert archived_tables() == []
    archive_log("--restore", FIRST)
    assert rows() == before


def interrupt_at_drop(*arguments: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("harm", ["cut", "bit", "row", "name", "other"])
def test_a_damaged_file_is_refused_and_changes_nothing(tmp_path: Path, harm: str) -> None:
    fill(15)
    archive_log("--before", NEXT_YEAR, "--to", tmp_path)
    file = tmp_path / f"{FIRST}.gz"
    damage(file, harm)

    with pytest.raises(CommandError, match=rf"{FIRST}\.gz (is|cannot be)"):
        archive_log("--restore", FIRST)

    assert (attached()[0], archived_tables(), Archive.objects.get().file) == (SECOND, [], str(file))


def damage(file: Path, harm: str) -> None:
    whole = file.read_bytes()
    if harm == "cut":
        file.write_bytes(whole[:-30])
    elif harm == "bit":
        middle = len(whole) // 2
        file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    elif harm == "row":
        file.write_bytes(gzip.compress(gzip.decompress(whole).replace(b'"number": 5', b'"number": 6')))
    elif harm == "name":
        file.write_bytes(gzip.compress(gzip.decompress(whole).replace(FIRST.encode(), b"toys_counter")))
    else:
        file.write_bytes(gzip.compress(b"something else\n"))
