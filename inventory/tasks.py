"""What the clock asks of inventory (see CELERY_BEAT_SCHEDULE)."""

from celery import shared_task
from django.db import close_old_connections

from inventory import services


@shared_task(name="inventory.expire_reservations", ignore_result=True)
def expire_reservations() -> None:
    """Free what is held for longer than it was to be, until none is left; two at once harm nothing."""
    close_old_connections()
    while services.expire_reservations():
        pass
