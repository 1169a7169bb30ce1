"""Whether a library that we pin is known to be vulnerable: asked of the package index, where one answers."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SECONDS = 60
ROOT = Path(__file__).resolve().parents[2]
COMMAND = (
    *(str(Path(sys.executable).parent / "pip-audit"), "--requirement", str(ROOT / "requirements.txt")),
    *("--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "5"),
)


def audit(command: Sequence[str] = COMMAND, seconds: float = SECONDS) -> bool:
    """Ask, tell what was found, and return whether nothing was; unanswered it says so, and nothing failed."""
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
        libraries = json.loads(asked.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return _skipped(f"no answer within {seconds:g} seconds")
    except (OSError, ValueError, KeyError):
        return _skipped("pip-audit reached no package index")
    return _tell(libraries)


def _tell(libraries: list[Mapping[str, Any]]) -> bool:
    unknown = [library["name"] for library in libraries if "skip_reason" in library]
    if len(unknown) == len(libraries):
        return _skipped(f"the index that answers here knows none of the {len(unknown)} libraries")
    if unknown:
        print(f"not audited, for the index does not know them: {', '.join(unknown)}", flush=True)
    found = [(library, flaw) for library in libraries for flaw in library.get("vulns", ())]
    for library, flaw in found:
        remedy = ", ".join(flaw["fix_versions"]) or "none yet"
        print(f"{library['name']} {library['version']}: {flaw['id']}, fixed in: {remedy}", flush=True)
    return not found


def _skipped(why: str) -> bool:
    print(f"skipped: {why}", flush=True)
    return True
