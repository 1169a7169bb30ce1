"""What the tests of the API start from."""

import pytest
import redis
from django.conf import settings
from django.core.cache import caches

from tests.api.client import Api

REDIS_URL = settings.REDIS_URL


@pytest.fixture
def api(bus: None) -> Api:
    """A client that nobody knows, and that has asked nothing yet."""
    caches["limits"].clear()
    with redis.from_url(REDIS_URL) as counted:
        counted.delete(*counted.scan_iter("limits:*"), "limits:")
    return Api()
