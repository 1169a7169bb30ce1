"""Carrying out the schedule: one thread per victim."""

import threading
from collections import defaultdict
from random import Random

from django.db import connections

from eventbus.chaos.diary import Diary
from eventbus.chaos.plan import Fault, Plan
from eventbus.chaos.schedule import Step, schedule


class Victims:
    """Everybody who suffers. Who takes long to heal is left in peace for as long as planned all the same."""

    def __init__(self, plan: Plan, seed: int, seconds: float, diary: Diary, stop: threading.Event) -> None:
        self.seed, self.seconds, self.diary, self.stop = seed, seconds, diary, stop
        self._faults: dict[tuple[str, str], Fault] = {(f.victim, f.name): f for f in plan.all_faults}
        self._over = threading.Event()
        self._stories: dict[str, list[Step]] = defaultdict(list)
        for step in schedule(plan.all_faults, seed=seed, seconds=seconds, calm_seconds=plan.calm_seconds):
            self._stories[step.victim].append(step)
        self._threads = [
            threading.Thread(target=self._suffer, args=(story,), daemon=True)
            for story in self._stories.values()
        ]

    def start(self) -> None:
        """Let the schedule begin."""
        for thread in self._threads:
            thread.start()

    def heal(self) -> None:
        """End every fault, and return once all victims are themselves again."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _suffer(self, story: list[Step]) -> None:
        try:
            planned_end = 0.0
            for number, step in enumerate(story):
                self._over.wait(step.at - planned_end)
                planned_end = step.at + step.seconds
                if self._over.is_set() or self.stop.is_set():
                    return
                self._do(self._faults[step.victim, step.fault], step, number)
        finally:
            connections.close_all()

    def _do(self, fault: Fault, step: Step, number: int) -> None:
        lasts = f", for {step.seconds:.1f} s" if step.seconds else ""
        self.diary.say(f"{step.victim}: {step.fault}{lasts}")
        with self.diary.outage(step.victim, step.fault):
            try:
                fault.begin(Random(f"{self.seed} {step.victim} {number}"))
                self._over.wait(step.seconds)
            except Exception as error:  # one fault may make another impossible
                self.diary.say(f"{step.victim}: {step.fault} did not come about: {type(error).__name__}")
            finally:
                self._heal(fault)

    def _heal(self, fault: Fault) -> None:
        try:
            fault.end()
        except Exception as error:  # the run goes on without it, and says so
            self.diary.checked("every victim heals", [f"{fault.victim} after {fault.name}: {error}"])
        else:
            self.diary.checked("every victim heals")
        connections.close_all()
