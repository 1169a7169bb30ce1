"""How long the bus waits."""

import pytest

from eventbus.retry import backoff, dependency_backoff


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: high)


def test_each_failure_doubles_the_delay_up_to_an_hour() -> None:
    assert [backoff(n).total_seconds() for n in (1, 2, 3, 12, 13, 5000)] == [1, 2, 4, 2048, 3600, 3600]


def test_an_outage_is_looked_at_every_half_minute_however_long_it_lasts() -> None:
    assert [dependency_backoff(n).total_seconds() for n in (1, 5, 6, 5000)] == [1, 16, 30, 30]


def test_half_of_a_delay_is_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: low)

    assert backoff(3).total_seconds() == 2
