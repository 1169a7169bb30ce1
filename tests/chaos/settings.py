"""The settings of a chaos run: the shop as it is, a witness beside it, and short patience with others."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
GATEWAY_TIMEOUT_SECONDS = 2
# All of its shoppers come from one address.
THROTTLED_PAGES = {}
EVENTBUS = {"DISPATCH": "celery"}
