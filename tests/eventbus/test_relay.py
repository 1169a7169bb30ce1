"""How the relay paces itself."""

import pytest

from eventbus.relay import rest


@pytest.mark.parametrize(
    ("pause", "turn", "seconds"),
    [(0.002, 0.0, 0.002), (0.1, 0.01, 0.1), (0.002, 0.03, 0.06), (0.002, 0.25, 0.5), (0.002, 20.0, 0.5)],
)
def test_a_turn_is_followed_by_a_rest_but_never_by_a_long_one(
    pause: float, turn: float, seconds: float
) -> None:
    assert rest(pause, turn) == seconds
