"""The first minute on a new machine, before anything is installed."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOOTSTRAP = ROOT / "config" / "local" / "bootstrap.py"


def test_an_old_python_can_read_what_tells_it_that_it_is_too_old() -> None:
    ast.parse(BOOTSTRAP.read_text(), feature_version=(3, 6))


def test_only_the_standard_library_is_needed() -> None:
    names = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(BOOTSTRAP.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert names <= set(sys.stdlib_module_names)


def test_manage_py_without_packages_says_what_to_run(tmp_path: Path) -> None:
    shutil.copy(ROOT / "manage.py", tmp_path)

    shown = subprocess.run(
        [sys.executable, "-S", "manage.py", "check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert shown.returncode == 1
    assert shown.stderr.strip() == "Django is not installed for this Python: run `make setup` first."


def test_every_package_is_pinned() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()

    assert [line for line in lines if line and not line.startswith("#") and "==" not in line] == []
