"""What every test of the shop starts from: real commits, and a bus that delivers only when a test drains it."""

import pytest
from pytest_django import Settings

pytest_plugins = ["tests.fixtures.sandbox"]


@pytest.fixture(autouse=True)
def _manual_dispatch(settings: Settings) -> None:
    settings.EVENTBUS = {"DISPATCH": "manual"}


@pytest.fixture
def bus(transactional_db: None) -> None:
    """A database with real commits, an empty log, and every subscription at its start."""
