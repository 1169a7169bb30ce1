"""No block of the documentation stands there untried: for each, a test asks for it by page and language."""

import re
from pathlib import Path

import pytest

from tests.docs.examples import PAGES, ROOT, blocks, text_of

DRAWN = {("docs/events/README.md", "mermaid"), ("docs/order-states.md", "mermaid")}
"""What a command draws: its test compares the page as a whole."""
CHECKED = "sh"
"""What every page may show: test_commands.py looks at each line of it."""
ASKING = re.compile(r'\bblocks\(\s*("[^)]+")\s*\)')


def asked_for() -> set[tuple[str, str]]:
    """The page and the languages of each call in a test, as they are written out there."""
    found = set()
    for file in ROOT.glob("tests/**/*.py"):
        for call in ASKING.findall(file.read_text()):
            page, *languages = re.findall(r'"([^"]+)"', call)
            found |= {(page, language) for language in languages or _languages(page)}
    return found


def _languages(page: str) -> set[str]:
    return {block.language for block in blocks(page)}


@pytest.mark.parametrize("page", PAGES)
def test_each_block_is_asked_for_by_a_test(page: str) -> None:
    shown = {(page, language) for language in _languages(page) - {CHECKED}}

    assert shown - DRAWN - asked_for() == set()


@pytest.mark.parametrize("page", PAGES)
def test_no_block_is_overlooked(page: str) -> None:
    """A block in a list, one that is never closed, or one whose language is not told would be."""
    fences = [line for line in text_of(page).splitlines() if line.lstrip().startswith(("```", "~~~"))]

    assert len(fences) == 2 * len(blocks(page))
    assert all(block.language for block in blocks(page))


def test_there_are_no_other_pages() -> None:
    folders = [folder for folder in ROOT.iterdir() if folder.name[0] != "."]
    pages = {*ROOT.glob("*.md"), *(page for folder in folders for page in folder.rglob("*.md"))}

    assert {str(page.relative_to(ROOT)) for page in pages} == set(PAGES)


def test_what_nobody_asks_for_would_be_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls = 'blocks("docs/a.md", "python", "text")\nblocks(\n    "docs/b.md", "sql"\n)\nblocks(page, "toml")'
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(calls)
    monkeypatch.setattr("tests.docs.test_every_block.ROOT", tmp_path)

    assert asked_for() == {("docs/a.md", "python"), ("docs/a.md", "text"), ("docs/b.md", "sql")}
