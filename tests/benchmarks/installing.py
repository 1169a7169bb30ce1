"""The peers' packages, in a folder of their own: no process but a peer's has it on its path."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from config.local import bootstrap

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


class NotInstalled(Exception):
    """The peers' packages could not be installed."""


def packages() -> Path:
    """The folder with the peers' packages, filled first where it is missing.

    Raises NotInstalled where pip or uv fails (no network, no wheel for this Python).
    """
    place = Path(sys.prefix) / "benchmarks" / hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    if place.is_dir():
        return place
    print("Installing the peers of tests/benchmarks/requirements.txt …", file=sys.stderr, flush=True)
    draft = place.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    target = ("--no-deps", "--target", str(draft), "-r", str(REQUIREMENTS))
    try:
        bootstrap.install(*target, python=Path(sys.executable))
    except subprocess.CalledProcessError as error:
        raise NotInstalled("its packages could not be installed: see the lines above") from error
    # A wheel brings its own package `tests`, which would stand before this project's.
    shutil.rmtree(draft / "tests", ignore_errors=True)
    draft.rename(place)
    return place
