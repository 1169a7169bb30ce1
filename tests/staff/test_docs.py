"""docs/staff.md knows every role, and everything that can wait for a person."""

import re
from pathlib import Path

from config.staff.queue import LABELS
from config.staff.roles import ROLES
from orders.models import TaskKind

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "staff.md").read_text()


def named(heading: str) -> set[str]:
    """What the rows of the table below a heading begin with."""
    below = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| ([^|]+) \|", below, re.MULTILINE)) - {"---", "Role", "It says"}


def test_every_role_is_told() -> None:
    assert named("Roles") == set(ROLES)


def test_everything_that_can_wait_is_told() -> None:
    assert named("What waits for a person") == {*TaskKind.labels, *LABELS.values()}
