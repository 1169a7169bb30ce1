"""Read models beside books kept by hand: an oracle that does not use the log."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from eventbus.testing import assert_rebuilds
from tests.eventbus.spec.machine import ALWAYS_THE_SAME
from tests.eventbus.spec.trade import PROJECTIONS, Trade

pytestmark = pytest.mark.usefixtures("bus")


def test_read_models_show_what_was_done_however_it_was_delivered() -> None:
    run_state_machine_as_test(
        Trade,
        settings=settings(
            ALWAYS_THE_SAME, max_examples=15, stateful_step_count=25, report_multiple_bugs=False
        ),
    )

    assert_rebuilds(*PROJECTIONS)
