"""The settings of every system's processes: the shop's own, with nothing installed but what is measured."""

import os

from config.settings import *  # noqa: F403
from config.settings import CELERY_BROKER_TRANSPORT_OPTIONS
from tests.benchmarks.systems.catalogue import entry

ROOT_URLCONF = __name__
urlpatterns: list[object] = []
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
MIDDLEWARE = []
TEMPLATES = []
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "tests.benchmarks",
    *entry(os.environ["BENCHMARK_SYSTEM"]).apps,
]
EVENTBUS = {"DISPATCH": "celery"}
if os.environ["BENCHMARK_SYSTEM"] == "celery_tasks":
    # Wake-ups may be lost. Where the task is the event, Celery has to keep what a worker has in hand.
    CELERY_BROKER_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS | {"ack_emulation": True}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS = ["tests.benchmarks.systems.procrastinate_jobs"]
DJANGO_OUTBOX_PATTERN = {"DEFAULT_CONNECTION_CLASS": "tests.benchmarks.systems.outbox_pattern.Carrier"}
