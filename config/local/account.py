"""Who runs the servers: the caller; for root, whom Postgres refuses, an unprivileged account that exists."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

UNPRIVILEGED = ("postgres", "nobody")


class RunAs(TypedDict, total=False):
    """The arguments of `subprocess` that change the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """An account that runs servers; `is_other` when it is not the caller's own."""

    uid: int
    gid: int
    is_other: bool

    @classmethod
    def for_servers(cls) -> "Account":
        """Return the caller's account, or for root the first unprivileged one."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), is_other=False)
        entry = next(filter(None, map(_entry, UNPRIVILEGED)))
        return cls(entry.pw_uid, entry.pw_gid, is_other=True)

    @property
    def run_as(self) -> RunAs:
        """What `subprocess` needs to run a program under this account."""
        return RunAs(user=self.uid, group=self.gid, extra_groups=[]) if self.is_other else RunAs()

    def reaches(self, path: Path) -> bool:
        """Whether this account may enter the folder, or run the program."""
        if not self.is_other:
            return os.access(path, os.X_OK)
        command = ["sh", "-c", 'test -x "$1"', "sh", str(path)]
        return subprocess.run(command, cwd="/", check=False, **self.run_as).returncode == 0

    def give(self, path: Path) -> None:
        """Make a file, or a folder with all it holds, this account's own."""
        if not self.is_other:
            return
        for owned in (path, *path.rglob("*")):
            os.chown(owned, self.uid, self.gid, follow_symlinks=False)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
