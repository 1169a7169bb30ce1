"""What the clock asks of orders (see CELERY_BEAT_SCHEDULE)."""

import logging

from celery import shared_task
from django.db import close_old_connections

from eventbus import DependencyDown
from orders import services
from orders.gateways import MOST_PARCELS

_MOST_BATCHES = 50
_log = logging.getLogger(__name__)


@shared_task(name="orders.follow_parcels", ignore_result=True)
def follow_parcels() -> None:
    """Look for every parcel that is due, a hundred in one question."""
    close_old_connections()
    try:
        for _ in range(_MOST_BATCHES):
            if services.follow_parcels() < MOST_PARCELS:
                return
    except DependencyDown as failure:
        _log.warning("parcels_not_followed", extra={"reason": str(failure)})
