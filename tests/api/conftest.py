"""What the tests of the API start from."""

import pytest

from tests.api.client import Api


@pytest.fixture
def api(bus: None) -> Api:
    """A client that nobody knows."""
    return Api()
