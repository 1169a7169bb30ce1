"""The smallest project with a bus: Postgres, and relays that deliver by themselves."""

import os

import dj_database_url

SECRET_KEY = "only for a till that holds no money"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "eventbus", "tests.chaos.till"]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=None)}
EVENTBUS = {"DISPATCH": "manual"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
