"""What the tests of the API start from."""

import pytest
from django.core.cache import caches

from tests.api.client import Api


@pytest.fixture
def api(bus: None) -> Api:
    """A client that nobody knows, and that has asked nothing yet."""
    caches["limits"].clear()
    return Api()
