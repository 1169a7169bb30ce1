"""The settings of the benchmarks: those of the tests, delivered by real workers."""

from config.testing import *  # noqa: F403
from config.testing import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmarks"]
EVENTBUS = {"DISPATCH": "celery"}
