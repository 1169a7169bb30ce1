"""How the relay paces itself."""

import pytest

from eventbus.relay import Looks, rest


@pytest.mark.parametrize(
    ("pause", "turn", "slowness", "seconds"),
    [
        (0.002, 0.0, 1, 0.002),
        (0.1, 0.01, 1, 0.1),
        (0.002, 0.03, 1, 0.06),
        (0.002, 0.03, 4, 0.06),
        (0.002, 0.03, 12, 0.18),
        (0.002, 0.03, 100, 0.5),
        (0.002, 20.0, 1, 0.5),
    ],
)
def test_a_turn_is_followed_by_a_rest_the_longer_the_busier_the_machine_but_never_by_a_long_one(
    pause: float, turn: float, slowness: float, seconds: float
) -> None:
    assert rest(pause, turn, slowness) == pytest.approx(seconds)


def test_a_look_is_slow_beside_the_quickest_of_late() -> None:
    looks = Looks()

    assert [looks.slowness(seconds) for seconds in (0.008, 0.002, 0.016)] == pytest.approx(
        [1, 1, 8], rel=0.001
    )
    for _ in range(10_000):
        last = looks.slowness(0.004)
    assert last == 1
