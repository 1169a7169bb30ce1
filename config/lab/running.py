"""Running an experiment beside the request that asked for it: one at a time, over all processes.

Who runs holds an advisory lock of the database, which lets go of it should the process die. What a run that
died has left broken is put right before the next one.
"""

import logging
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from threading import Thread

import httpx
from django.db import connection
from django.utils import timezone

from config.lab import breaking
from config.lab.bench import Bench, clear_the_shelf
from config.lab.experiments import Experiment
from config.lab.models import Run

LAB_LOCK = 0x6C61626F7261746F
START_SECONDS = 10
logger = logging.getLogger(__name__)


def start(experiment: Experiment) -> Run | None:
    """Begin an experiment in a thread of its own; None while another one is under way."""
    started: Future[Run | None] = Future()
    Thread(target=_run, args=(experiment, started), name=f"lab {experiment.slug}", daemon=True).start()
    return started.result(START_SECONDS)


def under_way() -> Run | None:
    """The run that is under way, in whichever process."""
    run = Run.objects.filter(finished_at=None).order_by("-pk").first()
    if run is None:
        return None
    with _alone() as free:
        return None if free else run


def _run(experiment: Experiment, started: "Future[Run | None]") -> None:
    try:
        with _alone() as free:
            if not free:
                started.set_result(None)
                return
            _end_interrupted_runs()
            run = Run.objects.create(experiment=experiment.slug)
            started.set_result(run)
            _carry_out(experiment, Bench(run))
    except Exception as failure:  # the request that waits for it must hear of it
        logger.exception("experiment_not_begun", extra={"experiment": experiment.slug})
        if not started.done():
            started.set_exception(failure)
    finally:
        connection.close()


def _carry_out(experiment: Experiment, bench: Bench) -> None:
    run = bench.run
    try:
        experiment.act(bench)
    except Exception as failure:  # told on the page, whatever it was
        logger.exception("experiment_failed", extra={"experiment": experiment.slug})
        run.failure = str(failure) or type(failure).__name__
    finally:
        tidy_up()
        run.finished_at = timezone.now()
        run.save()


def tidy_up() -> None:
    """Leave the shop as it was: nothing down, nobody frozen, nothing of the lab's for sale."""
    for machine in ("processor", "carrier"):
        with suppress(httpx.HTTPError):
            breaking.bring_up(machine)
    if pid := breaking.worker_pid():
        breaking.thaw(pid)
    clear_the_shelf()


def _end_interrupted_runs() -> None:
    if Run.objects.filter(finished_at=None).update(
        finished_at=timezone.now(), failure="Its process ended before the experiment did."
    ):
        tidy_up()


@contextmanager
def _alone() -> Generator[bool]:
    """Whether nobody else runs an experiment, and nobody will inside the block."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LAB_LOCK])
        (free,) = cursor.fetchone()
    try:
        yield free
    finally:
        if free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LAB_LOCK])
