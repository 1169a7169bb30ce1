"""The small shop of the journeys, and somebody who enters it."""

import pytest
from django.conf import LazySettings

from tests.accounts.visitor import Visitor
from tests.journeys.conftest import shop

__all__ = ["shop"]


@pytest.fixture
def visitor(shop: None, settings: LazySettings) -> Visitor:
    """A browser with an empty basket; mails are kept where the test sees them."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return Visitor()
