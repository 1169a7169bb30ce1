"""The settings of the shop's processes: as they are in production, but for the sandbox and static files."""

from config.settings import *  # noqa: F403

EVENTBUS = {"DISPATCH": "celery", "GUARD": False}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
