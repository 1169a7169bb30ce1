"""What several tests of the bus start from."""

from collections.abc import Iterator

import pytest

from eventbus import replay
from tests.eventbus.rebuilds import execute
from tests.eventbus.small_partitions import small_partitions
from tests.eventbus.writers import Writer, writers


@pytest.fixture
def writer(toy_bus: None) -> Iterator[Writer]:
    """A publisher on a connection of its own, whose open transaction is rolled back at the end."""
    with writers(1) as (one,):
        yield one


@pytest.fixture
def log_in_tens(toy_bus: None) -> Iterator[None]:
    """An empty log in partitions of ten positions each."""
    with small_partitions(10):
        yield


@pytest.fixture
def rebuilds(toy_bus: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rebuilds go in small batches, and nothing of them is left."""
    monkeypatch.setattr(replay, "BATCH", 50)
    yield
    execute("DROP SCHEMA IF EXISTS eventbus_rebuild CASCADE")
