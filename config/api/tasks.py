"""What the clock asks of the API."""

from datetime import timedelta

from celery import shared_task
from django.db import close_old_connections
from django.utils import timezone

from config.api.models import IdempotentAnswer

KEPT_FOR = timedelta(hours=24)


@shared_task(name="api.forget_answers", ignore_result=True)
def forget_answers() -> None:
    """Forget what requests were answered more than a day ago: nobody repeats them any more."""
    close_old_connections()
    IdempotentAnswer.objects.filter(answered_at__lt=timezone.now() - KEPT_FOR).delete()
