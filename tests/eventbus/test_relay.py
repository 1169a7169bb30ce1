"""How the relay paces itself."""

import threading
from typing import Any

import pytest
from django.db import connection

from eventbus import relay
from eventbus.relay import Looks, Relay, rest
from eventbus.testing import drain


class OneTurn(threading.Event):
    """Ends a relay at its first rest, and keeps how long that would have been."""

    def __init__(self) -> None:
        super().__init__()
        self.rests: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.rests.append(timeout)
        self.set()
        return True


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


@pytest.mark.usefixtures("toy_bus")
def test_what_is_asked_once_in_a_while_is_no_reason_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0

    def take_time(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal clock
        clock += 20 if "eventbus_pace" in sql or "eventbus_timer" in sql else 0.001
        return execute(sql, *rest)

    drain()
    monkeypatch.setattr(relay, "monotonic", lambda: 1000 + clock)
    stop = OneTurn()
    with connection.execute_wrapper(take_time):
        Relay(stop).run()
    with connection.cursor() as cursor:
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone() == ("auto",)
    connection.close()  # with it goes the lead

    assert clock > 40
    assert stop.rests[0] == 1.5 * relay.BUSY_SECONDS
