"""The folder `.state`: what this machine keeps for the shop between two runs."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from config.local.errors import LocalError


class State:
    """One `.state` folder: private files, records in JSON, locks that die with their holder."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def folder(self, name: str) -> Path:
        """Return a subfolder, made where it is missing."""
        self._make()
        folder = self.directory / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def read(self, name: str) -> dict[str, Any]:
        """Return a record, empty where there is none."""
        try:
            record: dict[str, Any] = json.loads((self.directory / f"{name}.json").read_text())
        except FileNotFoundError:
            return {}
        except PermissionError as error:
            raise _not_ours(self.directory) from error
        return record

    def write(self, name: str, record: dict[str, Any]) -> None:
        """Replace a record at once and for good, readable by its owner only."""
        self._make()
        draft = self.directory / f"{name}.json.{os.getpid()}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(record, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.directory / f"{name}.json")

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Wait until no other process holds this lock, and hold it."""
        with self._lock_file(name) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def try_lock(self, name: str) -> Iterator[bool]:
        """Hold the lock and yield True, or yield False at once when another process holds it."""
        with self._lock_file(name) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def is_locked(self, name: str) -> bool:
        """Whether another process holds this lock now."""
        with self.try_lock(name) as free:
            return not free

    def _lock_file(self, name: str) -> TextIO:
        self._make()
        try:
            file = (self.directory / f"{name}.lock").open("w")
        except PermissionError as error:
            raise _not_ours(self.directory) from error
        # A lock lives as long as any process has the file open; a fork must not outlive its holder with it.
        os.register_at_fork(after_in_child=file.close)
        return file

    def _make(self) -> None:
        # The account that runs the servers for root has to pass through, hence 0711 there.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            self.directory.mkdir(mode=mode, parents=True, exist_ok=True)
        except PermissionError as error:
            raise _not_ours(self.directory) from error


def _not_ours(directory: Path) -> LocalError:
    return LocalError(f"{directory} belongs to another account: run this as that account, or delete it.")
