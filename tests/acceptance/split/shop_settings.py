"""The shop without payments, with the impatience of a test."""

from config.split.shop import *  # noqa: F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
THROTTLED_PAGES = {}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
