"""A chaos run: do real work while everything is killed, and check that nothing is lost or doubled.

A `Plan` names what to start, who may suffer, the work to do and what must hold. The engine knows nothing else
of the project:

    manage.py chaos myproject.chaos:plan --seconds 60 --seed 7

- The seed decides who suffers what, when and for how long (`schedule`); the same seed, the same schedule.
- `live` invariants are checked all the while, `final` ones once everything is healed and quiet.
- A run ends by itself, leaves no process behind, and fails when an invariant was broken.

What it does not do: replay a run step by step. Real processes meet in another order every time.
"""

from eventbus.chaos.bus import Bus
from eventbus.chaos.diary import Diary
from eventbus.chaos.plan import Fault, Invariant, Part, Plan
from eventbus.chaos.programs import Program
from eventbus.chaos.repeating import Letter, dead, deliver_again, give_up, waiting
from eventbus.chaos.report import Report
from eventbus.chaos.running import run
from eventbus.chaos.schedule import Step, schedule

__all__ = [
    "Bus",
    "Diary",
    "Fault",
    "Invariant",
    "Letter",
    "Part",
    "Plan",
    "Program",
    "Report",
    "Step",
    "dead",
    "deliver_again",
    "give_up",
    "run",
    "schedule",
    "waiting",
]
