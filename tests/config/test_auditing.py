"""Asking whether a pinned library is known to be vulnerable: found, clean, and nobody to ask."""

import json
import sys
from typing import Any

import pytest

from config.local.auditing import audit

FLAW = {"id": "CVE-2026-1", "fix_versions": ["1.1"]}


def answering(*libraries: dict[str, Any]) -> list[str]:
    """A pip-audit that answers so."""
    return [sys.executable, "-c", f"print({json.dumps(json.dumps({'dependencies': libraries}))})"]


@pytest.mark.parametrize(
    ("command", "clean", "told"),
    [
        (answering({"name": "sound", "version": "1.0", "vulns": []}), True, ""),
        (
            answering({"name": "rotten", "version": "1.0", "vulns": [FLAW]}),
            False,
            "rotten 1.0: CVE-2026-1, fixed in: 1.1",
        ),
        (
            answering({"name": "far", "skip_reason": "not found"}),
            True,
            "skipped: the index that answers here",
        ),
        (
            answering(
                {"name": "far", "skip_reason": "no"}, {"name": "rotten", "version": "1.0", "vulns": [FLAW]}
            ),
            False,
            "not audited, for the index does not know them: far",
        ),
        ([sys.executable, "-c", "raise SystemExit(1)"], True, "skipped: pip-audit reached no package index"),
        (["/no/such/program"], True, "skipped: pip-audit reached no package index"),
        (
            [sys.executable, "-c", "import time; time.sleep(60)"],
            True,
            "skipped: no answer within 0.2 seconds",
        ),
    ],
    ids=["clean", "found", "unknown", "some unknown", "no network", "not installed", "slow"],
)
def test_what_is_found_fails_and_what_cannot_be_asked_is_said(
    command: list[str], clean: bool, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(command, seconds=0.2 if "sleep" in command[-1] else 20) is clean
    assert told in capsys.readouterr().out
