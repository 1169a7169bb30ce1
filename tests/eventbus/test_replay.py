"""Rebuilding a projection, also in the middle of a large window."""

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from eventbus import publish
from eventbus.lanes import deliver_lane
from eventbus.replay import rebuild
from eventbus.subscriptions import subscription
from eventbus.testing import assert_rebuilds, drain
from tests.eventbus.toys import Counted, CounterRow, Counters

pytestmark = pytest.mark.usefixtures("toy_bus")


def test_a_rebuild_inside_an_open_window_loses_nothing() -> None:
    batch = subscription("toys.counters").batch
    with transaction.atomic():
        publish(*(Counted(counter=f"c{number % 500}", number=1) for number in range(batch + 10)))
    assert next(deliver_lane(subscription("toys.counters"), 0, timezone.now())) == batch

    assert_rebuilds(Counters)
    assert not rebuild(Counters)
    drain()

    assert CounterRow.objects.aggregate(total=Sum("total")) == {"total": batch + 10}
    assert_rebuilds(Counters)
