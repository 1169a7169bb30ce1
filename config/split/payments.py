"""Payments alone: its own database, its own log, and of the shop nothing but what comes over the bridge."""

import os

import dj_database_url

from config.settings import *  # noqa: F403
from config.settings import DATABASES
from config.split.routes import ASKED, TOLD, eventbus

PAYMENTS_DATABASE_URL = os.environ.get("PAYMENTS_DATABASE_URL", "")
if not PAYMENTS_DATABASE_URL:
    raise SystemExit("Payments need a database of their own: set PAYMENTS_DATABASE_URL in the environment.")
DATABASES = {"default": DATABASES["default"] | dj_database_url.parse(PAYMENTS_DATABASE_URL)}

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "eventbus", "payments"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "eventbus.middleware.CorrelationMiddleware",
]
ROOT_URLCONF = "config.split.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
EVENTBUS = eventbus("payments", "shop", send=TOLD, receive=ASKED)
CELERY_BEAT_SCHEDULE = {}
