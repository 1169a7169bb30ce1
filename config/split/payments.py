"""Payments alone: its own database, its own log, and of the shop nothing but what comes over the bridge."""

import os
from pathlib import Path

# Before all other settings are read: the shop's database is none of this side's business.
os.environ["DATABASE_URL"] = os.environ.get("PAYMENTS_DATABASE_URL", "")
if not os.environ["DATABASE_URL"]:
    raise SystemExit("Payments need a database of their own: set PAYMENTS_DATABASE_URL in the environment.")

from config.settings import *  # noqa: F403
from config.settings import CACHES, CELERY_BROKER_TRANSPORT_OPTIONS, STATE_DIR
from config.split.routes import ASKED, TOLD, eventbus

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "config.observing",
    "eventbus",
    "payments",
]
MIDDLEWARE = [
    "eventbus.middleware.CorrelationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.observing.middleware.RequestMiddleware",
    "django.middleware.common.CommonMiddleware",
]
# Both sides may run on one machine, and each adds up what its own processes have counted.
if Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]) == STATE_DIR / "metrics":
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(STATE_DIR / "metrics-payments")
ROOT_URLCONF = "config.split.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
EVENTBUS = eventbus("payments", "shop", send=TOLD, receive=ASKED)
CELERY_BEAT_SCHEDULE = {}
# Where both sides share a Redis, neither's workers take the wake-ups of the other.
CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = "payments:"
CACHES["default"]["KEY_PREFIX"] = "payments"
