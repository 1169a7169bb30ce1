"""Folders for private servers, which end with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.services import Services
from config.local.state import State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A `.state` of the test's own, whose servers are stopped and wiped afterwards."""
    state = State(tmp_path / "state")
    yield state
    Services(state, choice="off").wipe()
