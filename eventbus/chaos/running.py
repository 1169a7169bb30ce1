"""A chaos run from its first process to its report."""

import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from random import Random
from time import monotonic

from django.db import DatabaseError, InterfaceError, connection, connections

from eventbus.chaos.diary import Diary
from eventbus.chaos.idling import IdleTransaction
from eventbus.chaos.plan import Invariant, Part, Plan
from eventbus.chaos.report import Report, make_report
from eventbus.chaos.suffering import Victims

LOOK_SECONDS = 0.5
PROGRESS_SECONDS = 5.0
QUIET_LOOKS = 2

WORKS = "the work meets no error but a lost database"
STAYS = "no process ends by itself"
RESTS = "everything comes to rest"


def run(
    plan: Plan,
    *,
    seed: int,
    seconds: float,
    say: Callable[[str], object] = print,
    stop: threading.Event | None = None,
) -> Report:
    """Carry out the plan for `seconds`, heal everything, wait until it is quiet, and report.

    seed: decides the schedule of faults and the choices of the work. say: gets each line of the timeline.
    stop: ends the run early, without the checks of the end. Whatever happens, every part is stopped.
    """
    return Run(plan, seed, seconds, Diary(say), stop or threading.Event()).run()


class Run:
    """One run under way."""

    def __init__(self, plan: Plan, seed: int, seconds: float, diary: Diary, stop: threading.Event) -> None:
        self.plan, self.seed, self.seconds, self.diary, self.stop = plan, seed, seconds, diary, stop
        self.over = threading.Event()
        self.quiet_after: float | None = None

    def run(self) -> Report:
        """Start, disturb, heal, wait, check, stop, report."""
        with ExitStack() as stack:
            for part in self.plan.servers:
                self._start(part, stack)
            self.plan.prepare()
            for part in self.plan.programs:
                self._start(part, stack)
            self._disturb()
            if not self.stop.is_set():
                self._come_to_rest()
                self.plan.once_more()
                self._come_to_rest()
            if not self.stop.is_set():
                for invariant in (*self.plan.live, *self.plan.final):
                    self._check(invariant, at_the_end=True)
            return self._report()

    def _start(self, part: Part, stack: ExitStack) -> None:
        self.diary.say(f"start {part.name}")
        stack.callback(part.stop)
        part.start()

    def _disturb(self) -> None:
        """Work, faults and checks at once; returns when all is healed and the last piece of work is done."""
        self.diary.begin()
        victims = Victims(self.plan, self.seed, self.seconds, self.diary, self.stop)
        idle = IdleTransaction(self.plan.idle, self.diary)
        threads = [_thread(self._work, number) for number in range(self.plan.threads)]
        threads.append(_thread(self._look_after))
        idle.start()
        victims.start()
        self._wait_until_over()
        self.over.set()
        victims.heal()
        self._join(threads)
        idle.commit()

    def _wait_until_over(self) -> None:
        said = 0.0
        while self.diary.clock < self.seconds and not self.stop.wait(0.1):
            if self.diary.clock - said > PROGRESS_SECONDS:
                said = self.diary.clock
                left = self.seconds - said
                self.diary.say(
                    f"{said / self.seconds:4.0%}, {left:.0f} s to go: {len(self.diary.acts)} acts, "
                    f"{sum(self.diary.faults.values())} faults, {sum(self.diary.checks.values())} checks"
                )

    def _join(self, threads: Sequence[threading.Thread]) -> None:
        deadline = monotonic() + self.plan.drain_seconds
        for thread in threads:
            thread.join(max(0.0, deadline - monotonic()))
            if thread.is_alive():
                late = f"a piece of work was not done {self.plan.drain_seconds:.0f} s after the last fault"
                self.diary.checked(RESTS, [late])

    def _work(self, number: int) -> None:
        random = Random(f"{self.seed} work {number}")
        while not self.over.is_set() and not self.stop.is_set():
            try:
                self.plan.act(random, self.diary)
                self.over.wait(random.uniform(*self.plan.pause_seconds))
            except (DatabaseError, InterfaceError):
                self.diary.interrupted()
                connection.close()
                self.over.wait(0.2)
            except Exception:  # whatever it is, it must be in the report
                self.diary.checked(WORKS, [traceback.format_exc(limit=-3)])
                self.over.wait(0.2)
        self.diary.checked(WORKS)

    def _look_after(self) -> None:
        while not self.over.wait(LOOK_SECONDS):
            for part in self.plan.parts:
                self._check(Invariant(name=STAYS, breaches=partial(_ended, part)))
            for invariant in self.plan.live:
                self._check(invariant)

    def _check(self, invariant: Invariant, *, at_the_end: bool = False) -> None:
        try:
            self.diary.checked(invariant.name, list(invariant.breaches()))
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            if at_the_end:
                self.diary.checked(invariant.name, [f"could not be checked: {error}"])
        except Exception:  # a check that fails has not held
            self.diary.checked(invariant.name, [traceback.format_exc(limit=-3)])

    def _come_to_rest(self) -> None:
        """Ask what is under way until the answer is nothing, twice running; or say what is stuck."""
        start, said, quiet = self.diary.clock, 0.0, 0
        left = ["the database has not answered yet"]
        while quiet < QUIET_LOOKS and self.diary.clock - start < self.plan.drain_seconds:
            left = self._under_way(left)
            quiet = 0 if left else quiet + 1
            if left and self.diary.clock - said > PROGRESS_SECONDS:
                said = self.diary.clock
                patience = start + self.plan.drain_seconds - said
                self.diary.say(f"coming to rest, {patience:.0f} s of patience left; {'; '.join(left)}")
            if self.stop.wait(0.2):
                return
        stuck = [f"stuck {self.plan.drain_seconds:.0f} s after the last fault: {what}" for what in left]
        self.diary.checked(RESTS, stuck)
        if self.quiet_after is None and not stuck:
            self.quiet_after = self.diary.clock - start

    def _under_way(self, before: list[str]) -> list[str]:
        try:
            return list(self.plan.under_way())
        except (DatabaseError, InterfaceError):
            connection.close()
            return before

    def _report(self) -> Report:
        return make_report(
            self.diary,
            plan=self.plan,
            seed=self.seed,
            seconds=self.seconds,
            finished=not self.stop.is_set(),
            figures={} if self.stop.is_set() else dict(self.plan.figures()),
            quiet_after=self.quiet_after,
        )


def _ended(part: Part) -> list[str]:
    return [sentence for sentence in [part.ended()] if sentence]


def _thread(target: Callable[..., object], *arguments: object) -> threading.Thread:
    """A running thread that leaves no database connection behind."""

    def work() -> None:
        try:
            target(*arguments)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
