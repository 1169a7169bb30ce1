"""Prepare .venv with nothing but the standard library, then hand over to `python -m config.local`.

Any Python 3 may be asked to read this file, so no syntax is newer than 3.6, and the version is checked first.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER = [f"python3.{minor}" for minor in range(15, 10, -1)]
THIS = f"{sys.version_info[0]}.{sys.version_info[1]}"


def _runs(program: str) -> bool:
    return subprocess.call([program, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


if sys.version_info < OLDEST:
    for _program in filter(None, map(shutil.which, NEWER)):
        if _runs(_program):
            os.execv(_program, [_program, *sys.argv])
    sys.exit(
        f"Python 3.11 or newer is needed, this is {THIS}: install it (Debian, Ubuntu: apt install python3.11 "
        "python3.11-venv; macOS: brew install python@3.13) and name it: make PYTHON=python3.11 …"
    )

from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "stamp"
REQUIREMENTS = ROOT / "requirements.txt"


def main(arguments: list[str]) -> None:
    """Replace this process by .venv's Python running `config.local` with the same arguments."""
    try:
        prepare()
    except (PermissionError, subprocess.CalledProcessError) as error:
        sys.exit(_sentence(error))
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", "config.local", *arguments])


def prepare() -> None:
    """Make or mend .venv; where nothing changed since the last time, do nothing."""
    if _is_current():
        return
    with _one_at_a_time():
        if _is_current():
            return
        if _stamped()[:1] != [_home()]:
            STAMP.unlink(missing_ok=True)
            _create()
        print("Installing the packages of requirements.txt into .venv …", flush=True)
        install("-r", str(REQUIREMENTS))
        STAMP.write_text(f"{_home()}\n{_wanted()}\n")


def install(*what: str, python: Path = PYTHON) -> None:
    """Install packages beside the given Python, by uv where there is one, else by pip."""
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", str(python)]
    else:
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *what], check=True)


def _create() -> None:
    uv = shutil.which("uv")
    if uv:
        command = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)]
    else:
        _need_venv()
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    subprocess.run(command, check=True)


def _need_venv() -> None:
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        sys.exit(
            f"This Python {THIS} comes without venv: install it (Debian, Ubuntu: apt install "
            f"python{THIS}-venv) or install uv, then run make again."
        )


def _is_current() -> bool:
    return PYTHON.exists() and _stamped() == [_home(), _wanted()]


def _stamped() -> list[str]:
    try:
        return STAMP.read_text().splitlines()
    except OSError:
        return []


def _home() -> str:
    """Where .venv lies and which Python it borrows: when either moves, it has to be made anew."""
    return f"{VENV} {PYTHON.resolve()}"


def _wanted() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sentence(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return f"{error.filename} belongs to another account: run make as that account, or delete it."
    return (
        ".venv could not be prepared: see the lines above (is the network reachable?), then run make again."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
