"""The Celery application: the queues that carry wake-ups to the workers."""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)
# Celery would open a new connection to the database for every task, which takes longer than most tasks do.
# The bus's task looks for itself whether the connection still lives.
app.conf["CELERY_DB_REUSE_MAX"] = 1_000_000


@worker_process_init.connect
def spare_the_collector(**_: object) -> None:
    """What was loaded stays for good: it is never looked through again, and what is young less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
