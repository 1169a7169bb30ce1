"""The engine of the chaos run by itself: its schedule, its processes, and what it reports."""

import sys
import threading
from pathlib import Path
from random import Random

import pytest

from config.local.processes import command_of
from eventbus.chaos import Diary, Fault, Invariant, Plan, Program, Step, run, schedule
from eventbus.chaos.diary import Span
from eventbus.chaos.report import make_report
from eventbus.chaos.running import RESTS, STAYS, WORKS


def fault(victim: str, name: str = "kill", seconds: tuple[float, float] = (0.5, 2.0)) -> Fault:
    return Fault(victim=victim, name=name, begin=lambda random: None, seconds=seconds)


def planned(*faults: Fault, seed: int = 7, seconds: float = 60) -> list[Step]:
    return schedule(faults, seed=seed, seconds=seconds, calm_seconds=(1, 5))


def idle(random: Random, diary: Diary) -> None:
    """An act that does nothing."""


def report_of(plan: Plan, seconds: float = 0.3) -> dict[str, list[str]]:
    return run(plan, seed=1, seconds=seconds, say=lambda line: None).breaches


def test_the_same_seed_gives_the_same_schedule() -> None:
    faults = (fault("web"), fault("redis"), fault("redis", "flush"))

    assert planned(*faults) == planned(*faults)
    assert planned(*faults) != planned(*faults, seed=8)


def test_a_new_victim_changes_nothing_for_the_others() -> None:
    alone = planned(fault("web"))

    assert [step for step in planned(fault("redis"), fault("web")) if step.victim == "web"] == alone


def test_one_victim_suffers_one_thing_at_a_time_and_nothing_outlives_the_run() -> None:
    steps = planned(fault("web"), fault("web", "freeze"))

    ends = [step.at + step.seconds for step in steps]
    assert all(end < step.at for end, step in zip(ends, steps[1:], strict=False))
    assert max(ends) <= 60


def test_a_short_run_disturbs_every_victim() -> None:
    steps = planned(fault("web"), fault("redis"), fault("worker"), seconds=4)

    assert {step.victim for step in steps} == {"web", "redis", "worker"}


def test_every_fault_is_healed_even_one_that_did_not_come_about() -> None:
    healed = []

    def break_down(random: Random) -> None:
        raise ConnectionError

    broken = Fault(victim="redis", name="kill", begin=break_down, end=lambda: healed.append(True))
    plan = Plan(name="toy", act=idle, faults=[broken], calm_seconds=(0.05, 0.1))

    assert report_of(plan) == {}
    assert healed


def test_a_broken_invariant_is_reported_with_its_sentence() -> None:
    oversold = Invariant(name="nothing is oversold", breaches=lambda: ["MUG: 3 sold of 2"])

    assert report_of(Plan(name="toy", act=idle, final=[oversold])) == {
        "nothing is oversold": ["MUG: 3 sold of 2"]
    }


def test_a_check_that_fails_has_not_held() -> None:
    def look() -> list[str]:
        raise ValueError("cannot count")

    (breach,) = report_of(Plan(name="toy", act=idle, live=[Invariant(name="counted", breaches=look)]))[
        "counted"
    ]
    assert breach.endswith("ValueError: cannot count\n")


def test_work_that_fails_is_a_breach() -> None:
    def act(random: Random, diary: Diary) -> None:
        raise ValueError("no such page")

    (breach,) = report_of(Plan(name="toy", act=act))[WORKS]
    assert breach.endswith("ValueError: no such page\n")


def test_what_never_comes_to_rest_is_named() -> None:
    plan = Plan(name="toy", act=idle, under_way=lambda: ["a parcel is on its way"], drain_seconds=0.5)

    (breach,) = report_of(plan)[RESTS]
    assert breach.endswith("a parcel is on its way")


def test_a_process_that_ends_by_itself_is_a_breach_and_started_again(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; os.path.exists('x') and time.sleep(60); open('x', 'w'); sys.exit('disk full')"
    )
    program = Program(name="worker", command=[sys.executable, "-c", code], folder=tmp_path, cwd=tmp_path)

    breaches = report_of(Plan(name="toy", act=idle, programs=[program], threads=0), seconds=1.5)

    assert breaches == {STAYS: ["worker ended with 1; its last words: disk full"]}


def test_no_process_outlives_a_run_however_it_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    program = Program(name="worker", command=command, folder=tmp_path, freeze_seconds=(9, 9))
    stop = threading.Event()
    plan = Plan(name="toy", act=lambda *_: stop.set(), programs=[program], faults=program.faults())

    report = run(plan, seed=1, seconds=600, say=lambda line: None, stop=stop)

    assert (report.finished, report.ok) == (False, False)
    pid = (tmp_path / "worker.pid").read_text().strip()
    assert command_of(int(pid)) == ""


@pytest.mark.parametrize(
    ("_case", "away", "expected"),
    [
        ("met by the outage", (1.0, 2.0), {"in all": 0.5, "while redis was away": 0.5}),
        ("before the outage", (5.0, 6.0), {"in all": 0.5}),
    ],
)
def test_the_report_tells_the_slowest_act_while_a_part_was_away(
    _case: str, away: tuple[float, float], expected: dict[str, float], tmp_path: Path
) -> None:
    diary = Diary()
    diary.acts.append(Span("checkout", 1.75, 2.25))
    diary.outages.append(Span("redis", *away))
    redis = Program(name="redis", command=[], folder=tmp_path)
    plan = Plan(name="toy", act=idle, servers=[redis])

    report = make_report(diary, plan=plan, seed=1, seconds=9, finished=True, figures={}, quiet_after=0.0)

    assert report.slowest == {"checkout": expected}
