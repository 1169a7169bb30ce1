"""The relay: watches the log and wakes the workers whose lanes have work.

Several may run; the one that holds the advisory lock leads, and the database takes it back when it dies.
The broker carries wake-ups and the database the truth: while the broker is away the relay goes on watching,
and looks for lanes left behind once in a while, so that a lost wake-up costs seconds, never a message.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from math import inf
from time import monotonic

import redis
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from eventbus import cluster, dispatch, draining, jobs, pacing, pausing
from eventbus.checkpoints import ensure_checkpoints
from eventbus.consumers import fire_timers
from eventbus.dispatch import LEADER_LOCK, Lane
from eventbus.errors import EventBusError, RestoredCluster
from eventbus.partitions import ensure_ahead
from eventbus.preparing import planned_once
from eventbus.subscriptions import subscriptions
from eventbus.watching import LogWatch, lanes_behind, lanes_due

BUSY_SECONDS = 0.002
RESTS = 2
"""A look and its wake-ups are followed by a rest at least so many times as long: watching leaves a busy
machine to the work."""
SLOW = 4
"""A look at the log so many times as slow as the quickest has waited for a processor; the rest grows then."""
LONGEST_REST_SECONDS = 0.5
"""A turn that took longer has waited for something, and those whose messages came meanwhile wait for us."""
FORGETTING = 1.0001
QUIET_SECONDS = 0.03
"""Whoever ends a quiet time waits for so long at most; to look as often costs a hundredth of a processor."""
SWEEP_SECONDS = 5.0
CANDIDATE_SECONDS = 1.0
DUE_SECONDS = 0.1
logger = logging.getLogger(__name__)


class Relay:
    """One relay process. `stop` ends its loop after the turn it is in."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        celery = dispatch.mode() == "celery"
        self.deliver: Callable[[Lane], object] = dispatch.wake if celery else draining.deliver
        self.rebuild: Callable[[str], object] = dispatch.wake_rebuild if celery else jobs.work
        self.bridged = {s.name for s in subscriptions() if s.queue == "bridge"}  # manage.py bridge sends it
        self.paused: set[str] = set()
        self.due_asked = self.swept = 0.0

    def run(self) -> None:
        """Lead whenever possible, until stopped; a lost database is waited for."""
        while not self.stop.is_set():
            try:
                if self._leads():
                    self._lead()
                self.stop.wait(CANDIDATE_SECONDS)
            except (OperationalError, InterfaceError) as error:
                logger.warning("database_awaited", extra={"reason": str(error).strip()})
                connection.close()
                self.stop.wait(CANDIDATE_SECONDS)
            except RestoredCluster as refusal:
                cluster.say_once(refusal)
                self.stop.wait(CANDIDATE_SECONDS)

    def _leads(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
            return bool(cursor.fetchone()[0])

    def _lead(self) -> None:
        ensure_checkpoints()
        logger.info("relay_leads")
        watch, looks, pause = LogWatch(), Looks(), BUSY_SECONDS
        self.due_asked = self.swept = 0.0
        with planned_once():
            while not self.stop.is_set():
                began = monotonic()
                lanes = watch.woken()
                slowness = looks.slowness(monotonic() - began)
                woken = self._wake_all(lanes)
                turn = monotonic() - began
                # What is asked once in a while is no reason to rest for: messages have come meanwhile.
                rebuilds, lanes = self._due()
                woken |= self._wake_all(lanes | self._left_behind(), rebuilds)
                pause = BUSY_SECONDS if woken else min(pause * 1.5, QUIET_SECONDS)
                self.stop.wait(rest(pause, turn, slowness))

    def _due(self) -> tuple[list[str], set[Lane]]:
        """The rebuilds to go on with, and the lanes whose time has come; asked ten times a second."""
        if monotonic() - self.due_asked <= DUE_SECONDS:
            return [], set()
        self.due_asked = monotonic()
        lanes = due_lanes()
        paused, before = pausing.paused(), self.paused
        if before - paused:
            self.swept = 0.0  # what was resumed begins at once
        self.paused = paused
        return jobs.waiting(), lanes

    def _left_behind(self) -> set[Lane]:
        """The lanes with something to read that nobody was woken for; looked for every few seconds."""
        if monotonic() - self.swept <= SWEEP_SECONDS:
            return set()
        self.swept = monotonic()
        ensure_ahead()
        pacing.measure()
        return lanes_behind()

    def _wake_all(self, lanes: set[Lane], rebuilds: Iterable[str] = ()) -> bool:
        """Wake every lane and rebuild that is ours to wake; returns whether there was a lane.

        Where the broker is away, all are woken once it is back.
        """
        ours = sorted(lane for lane in lanes if lane[0] not in self.paused | self.bridged)
        try:
            for lane in ours:
                self.deliver(lane)
            for name in rebuilds:
                self.rebuild(name)
        except RestoredCluster:
            raise
        except EventBusError:
            logger.exception("delivery_crashed")
        except (BrokerDown, redis.RedisError) as error:
            logger.warning("broker_unreachable", extra={"reason": str(error)})
            self.stop.wait(CANDIDATE_SECONDS)
            self.swept = 0.0
        return bool(ours)


class Looks:
    """How long looks at the log take: the same work each time, so that a busy machine shows in it.

    Compared with the quickest, which tells how far away the database is, and is forgotten little by little.
    """

    def __init__(self) -> None:
        self.quickest = inf

    def slowness(self, seconds: float) -> float:
        """How many times as long as the quickest a look took, in seconds."""
        self.quickest = min(seconds, self.quickest * FORGETTING)
        return seconds / self.quickest


def rest(pause: float, turn: float, slowness: float) -> float:
    """How long to rest after a turn of so many seconds; `pause` at least.

    On a busy machine much longer: a batch costs about as much with one message as with ten, and what comes
    meanwhile joins it.
    """
    return max(pause, min(RESTS * turn * max(1, slowness / SLOW), LONGEST_REST_SECONDS))


def due_lanes() -> set[Lane]:
    """Publish the timeouts that are due, and name the lanes with a delivery to try."""
    now = timezone.now()
    with transaction.atomic():
        fire_timers(now)
    return lanes_due(now)
