"""The settings of the run itself: those of the tests. Each system's processes have systems/settings.py."""

from config.observing.logs import logging_settings
from config.testing import *  # noqa: F403
from config.testing import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmarks"]
EVENTBUS = {"DISPATCH": "celery"}
LOGGING = logging_settings(json=False, level="WARNING")  # a table is printed here, and no line per request
