"""The shop without payments, with the impatience of a test."""

from config.split.shop import *  # noqa: F403
from config.split.shop import EVENTBUS

EVENTBUS = EVENTBUS | {"BRIDGE": EVENTBUS["BRIDGE"] | {"LEASE_SECONDS": 2.0}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
THROTTLED_PAGES: dict[str, str] = {}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
