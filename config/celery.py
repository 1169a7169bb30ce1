"""The Celery application: the queues that carry wake-ups to the workers."""

import os

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)
# Celery would open a new connection to the database for every task, which takes longer than most tasks do.
# The bus's task looks for itself whether the connection still lives.
app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000
