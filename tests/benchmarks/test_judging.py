"""From raw numbers to verdicts."""

import pytest

from tests.benchmarks import samples
from tests.benchmarks.judging import DELIVERY, GROWTH, PUBLISHING, judge
from tests.benchmarks.rows import Row, at_least, at_most, percentile
from tests.benchmarks.table import line


def row(section: str, name: str) -> Row:
    """The one row of that name."""
    (found,) = [each for each in judge(samples.raw()) if (each.section, each.name) == (section, name)]
    return found


def test_a_ratio_is_taken_round_by_round() -> None:
    ratio = row(DELIVERY, "eventbus ÷ Celery, a task per event")

    assert ratio.values == pytest.approx([30.0, 40.0])
    assert ratio.idle == pytest.approx([15.0, 40.0])
    assert ratio.met


def test_what_an_idle_transaction_does_is_judged() -> None:
    held = row(DELIVERY, "eventbus: idle ÷ quiet")

    assert held.values == pytest.approx([0.5, 0.5])
    assert line(held).endswith("aim ≥ 0.9: MISSED")


def test_a_median_on_the_aim_meets_it() -> None:
    assert Row("", "", [1.0, 1.2, 9.0], aim=at_most(1.2)).met
    assert Row("", "", [1.0, 1.3, 9.0], aim=at_most(1.2)).met is False
    assert Row("", "", [30.0], aim=at_least(30)).met
    assert Row("", "", [29.9], aim=at_least(30)).met is False


def test_only_the_bus_has_an_aim() -> None:
    assert row(PUBLISHING, "Celery, a task per event").aim is None


def test_a_peer_that_did_not_run_says_why() -> None:
    assert line(row(PUBLISHING, "pgqueuer")).endswith("not run: no wheel")


def test_growth_counts_what_was_published() -> None:
    assert row(GROWTH, "eventbus").values == [700.0, 700.0]


def test_a_percentile_of_a_sample() -> None:
    sample = [float(number) for number in range(200)]

    assert [percentile(sample, share) for share in (50, 99, 100)] == [100.0, 198.0, 199.0]


def test_a_row_shows_the_median_and_the_spread() -> None:
    shown = line(Row("", "messages/s", [3_000.0, 1_000.0, 2_000.0], digits=0))

    assert shown.split() == ["messages/s", "2,000", "[1,000", "..", "3,000]", "-"]
