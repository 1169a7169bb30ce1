"""`make check`: everything that can be said about the code without running the shop."""

import subprocess
import sys
from pathlib import Path

from config.local.auditing import audit

BIN = Path(sys.executable).parent
CHECKS = (
    ("format", (BIN / "ruff", "format", "--check", "--quiet", ".")),
    ("lint", (BIN / "ruff", "check", "--quiet", ".")),
    ("types", (sys.executable, "-m", "mypy", ".")),
    ("import rules", (BIN / "lint-imports", "--no-logo")),
    ("message contracts", (sys.executable, "manage.py", "check_event_schemas")),
    ("migrations", (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")),
)


def check() -> int:
    """Run every check, name those that failed, and return the exit code."""
    failed = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(name)
    print("== known vulnerabilities", flush=True)
    if not audit():
        failed.append("known vulnerabilities")
    print(f"FAILED: {', '.join(failed)}" if failed else "All checks passed.", flush=True)
    return 1 if failed else 0
