"""docs/security.md names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_and_file_that_the_list_names_is_there() -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    rows = [row.split("|") for row in text.splitlines() if row.startswith("| ") and "---" not in row][1:]

    tests = {name for row in rows for name in re.findall(r"`([\w/]+\.py)`", row[4])}
    files = {name for row in rows for name in re.findall(r"`([\w/]+(?:\.py|/\w+))`", row[3]) if "/" in name}

    assert len(rows) >= 30
    assert [row[1].strip() for row in rows if not re.search(r"`[\w/]+\.py`", row[4])] == []
    assert sorted(name for name in tests if not (ROOT / "tests" / name).exists()) == []
    assert sorted(name for name in files if not (ROOT / name).exists()) == []
