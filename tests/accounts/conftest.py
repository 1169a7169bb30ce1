"""Somebody who enters the small shop of the journeys."""

import pytest
from django.conf import LazySettings

from tests.accounts.visitor import Visitor


@pytest.fixture
def visitor(shop: None, settings: LazySettings) -> Visitor:
    """A browser with an empty basket; mails are kept where the test sees them."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return Visitor()
