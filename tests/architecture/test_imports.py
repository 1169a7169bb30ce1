"""Who may import whom: the contracts of pyproject.toml hold, and each of them can be broken."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
ROOMS = CONTRACTS["root_packages"]

OFFENCES = {
    "Commands go down, events come up": ("inventory/events.py", "import orders.events"),
    "Every room has the same floors": ("orders/events.py", "import orders.commands"),
    "The bus has floors too": ("eventbus/errors.py", "import eventbus.log"),
    "The shop sees the bus only through its front door": (
        "orders/handlers/steps.py",
        "import eventbus.outbox",
    ),
    "Only orders enters its private rooms": ("config/urls.py", "import orders.models"),
    "Only catalog enters its private rooms": ("orders/handlers/steps.py", "import catalog.projections"),
    "Only payments enters its private rooms": ("orders/handlers/steps.py", "import payments.gateways"),
    "Only inventory enters its private rooms": ("catalog/projections.py", "import inventory.models"),
    "Messages are plain data": ("payments/events.py", "import django.db"),
}


def verdicts(folder: Path) -> dict[str, str]:
    """What import-linter says of each contract, by name."""
    shown = subprocess.run(
        [LINT_IMPORTS, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    ).stdout
    return dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", shown, flags=re.MULTILINE))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the code that a test may spoil."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "static"))
    return tmp_path


def spoil(folder: Path, file: str, line: str) -> None:
    """Add one import to a file."""
    with (folder / file).open("a") as code:
        code.write(f"\n{line}\n")


def test_every_contract_is_kept() -> None:
    assert verdicts(ROOT) == dict.fromkeys(OFFENCES, "KEPT")


def test_every_contract_can_be_broken(copy: Path) -> None:
    for file, line in OFFENCES.values():
        spoil(copy, file, line)

    assert verdicts(copy) == dict.fromkeys(OFFENCES, "BROKEN")


def test_a_file_without_a_floor_breaks_the_floors(copy: Path) -> None:
    (copy / "orders" / "helpers.py").touch()

    assert verdicts(copy)["Every room has the same floors"] == "BROKEN"


def test_every_local_app_is_watched() -> None:
    packages = {folder.parent.name for folder in ROOT.glob("*/__init__.py")} - {"tests"}

    assert set(ROOMS) == packages
