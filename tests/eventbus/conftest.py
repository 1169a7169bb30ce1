"""A bus with toys on it."""

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from eventbus.lanes import ensure_checkpoints
from tests.eventbus import toys


@pytest.fixture(scope="session")
def _toy_tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(toys.CounterRow)


@pytest.fixture
def toy_bus(_toy_tables: None, bus: None) -> None:
    """An empty log, the toys' subscriptions at its start, and no memory of earlier tests."""
    toys.behaviour.clear()
    toys.handled.clear()
    toys.recorded.clear()
    ensure_checkpoints()
