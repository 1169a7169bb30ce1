"""The page and the chart that the raw numbers make."""

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.benchmarks import samples
from tests.benchmarks.documents import END, START, write


def page_of(folder: Path, raw: dict[str, object]) -> str:
    """The page after its numbers were written."""
    (folder / "raw.json").write_text(json.dumps(raw))
    write(folder / "raw.json", folder)
    return (folder / "benchmarks.md").read_text()


def test_the_numbers_stand_between_their_marks(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.md").write_text(f"Before\n{START}\nold\n{END}\nAfter\n")

    page = page_of(tmp_path, samples.raw())

    assert page.startswith(f"Before\n{START}\n")
    assert page.endswith(f"{END}\nAfter\n")
    assert "old" not in page
    assert "- missed: delivery: messages/s of a backlog, one upsert each: eventbus: idle ÷ quiet\n" in page
    assert "| pgqueuer | - | - | not run: no wheel |" in page
    assert "before the run and after each section: before 80, publishing 91.\n" in page


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.md").write_text(f"{START}\n{END}\n")

    assert page_of(tmp_path, samples.raw()) == page_of(tmp_path, samples.raw())


def test_a_quick_run_is_marked_as_meaningless(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.md").write_text(f"{START}\n{END}\n")

    assert "these numbers mean nothing" in page_of(tmp_path, samples.raw(quick=True))


def test_the_chart_shows_every_system(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.md").write_text(f"{START}\n{END}\n")
    page_of(tmp_path, samples.raw())

    words = [element.text for element in ElementTree.parse(tmp_path / "benchmarks.svg").iter()]

    assert {*samples.TITLES.values(), "not run: no wheel", "1.20", "7,000"} <= set(words)
