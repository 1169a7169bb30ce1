"""What README.md names exists: commands with their options, targets of make, files and pictures."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = sorted(set(re.findall(r"`manage\.py (\w+)([^`]*)`", README)))
TARGETS = sorted(set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)))
LINKS = sorted(set(re.findall(r"\]\((?!http)([^)#]+)", README)))


@pytest.mark.parametrize(("name", "arguments"), COMMANDS)
def test_a_command_takes_what_it_is_said_to_take(name: str, arguments: str) -> None:
    app = get_commands()[name]
    command = app if isinstance(app, BaseCommand) else load_command_class(app, name)

    told = command.create_parser("manage.py", name).format_help()

    assert set(re.findall(r"--[a-z-]+", arguments)) <= set(re.findall(r"--[a-z-]+", told))
    words = [
        word for word in re.findall(r"[a-z]+(?=\\\||\b)", arguments.partition("[")[0]) if "\\|" in arguments
    ]
    assert [word for word in words if word not in told] == []


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_of_make_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_each_kind_is_looked_at() -> None:
    assert ("relay", "") in COMMANDS
    assert {"run", "test", "stop", "bench"} <= set(TARGETS)
    assert "docs/pictures/search.png" in LINKS
