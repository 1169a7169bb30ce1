"""Rates come from two counts and the time between them."""

from datetime import timedelta

import pytest
from django.db.models import F

from eventbus import pacing
from eventbus.models import Checkpoint, Pace
from eventbus.testing import drain
from tests.eventbus.telling import count

pytestmark = pytest.mark.usefixtures("toy_bus")


def grow_older(seconds: int) -> None:
    passed = timedelta(seconds=seconds)
    Pace.objects.update(at=F("at") - passed, earlier_at=F("earlier_at") - passed)


def test_a_rate_is_what_was_taken_since_the_older_of_two_notes() -> None:
    count(1)
    drain()
    pacing.measure()
    assert "toys.counters" not in pacing.rates()  # over a moment there is no rate

    grow_older(10)
    count(2, 3)
    drain()
    pacing.measure()
    grow_older(5)
    count(4)
    drain()

    found = pacing.rates()
    assert found["toys.counters"].messages == 3
    assert found["toys.counters"].seconds == pytest.approx(15, abs=1)
    assert found["toys.counters"].per_second == pytest.approx(0.2, abs=0.02)
    assert found["toys.door"].messages == 0


def test_notes_are_not_taken_more_often_than_they_are_worth() -> None:
    pacing.measure()
    grow_older(9)
    before = Pace.objects.get(subscription="toys.counters").at
    pacing.measure()

    assert Pace.objects.get(subscription="toys.counters").at == before


def test_a_counter_that_began_again_begins_a_new_measurement() -> None:
    count(1, 2)
    drain()
    pacing.measure()
    grow_older(10)
    Checkpoint.objects.update(delivered=0)
    assert "toys.counters" not in pacing.rates()

    pacing.measure()
    grow_older(5)

    assert pacing.rates()["toys.counters"].messages == 0
