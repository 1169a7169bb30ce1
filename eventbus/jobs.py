"""Rebuilds that somebody asked for in the admin, carried out by the workers a slice at a time.

A rebuild keeps how far it has come beside its rows (rebuilding.py), so that a slice can end after any batch:
the live lanes of the queue have their turn in between, a worker that is restarted loses a batch at most, and
whoever is free goes on. The relay wakes a worker while a job is under way; a worker at work renews its lease
with every batch. With inline dispatch, the process that asks does it all.
"""

from datetime import timedelta
from time import monotonic

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from eventbus import dispatch, rebuilding
from eventbus.errors import EventBusError, RebuildRefused
from eventbus.log import last_position
from eventbus.models import Act, RebuildJob
from eventbus.projections import Projection
from eventbus.replay import Differences
from eventbus.subscriptions import subscriptions

SLICE_SECONDS = 3.0
LEASE = timedelta(seconds=60)
AGAIN = SILENCE = timedelta(seconds=5)
State = RebuildJob.State
OPEN = (State.ASKED, State.RUNNING, State.STOPPING)


@transaction.atomic
def ask(name: str, *, actor: str, reason: str = "") -> None:
    """Have a projection rebuilt; one that was stopped or has failed goes on where it was.

    Raises RebuildRefused where that is under way already, or no projection has the name.
    """
    _projection(name)
    job, _ = RebuildJob.objects.select_for_update().get_or_create(
        projection=name, defaults={"state": State.DONE, "actor": actor}
    )
    if job.state in OPEN:
        raise RebuildRefused(f"{name} is being rebuilt already, since {job.actor} asked for it.")
    begun = rebuilding.position(name)
    now = timezone.now()
    RebuildJob.objects.filter(pk=name).update(
        state=State.ASKED,
        actor=actor,
        asked_at=now,
        updated_at=now,
        position=begun,
        target=last_position(),
        rate=0,
        note="",
        leased_until=None,
    )
    Act.objects.create(actor=actor, act="ask for rebuild", subscription=name, reason=reason)
    if dispatch.mode() == "inline":
        transaction.on_commit(lambda: _to_the_end(name), robust=True)


@transaction.atomic
def stop(name: str, *, actor: str, reason: str = "") -> None:
    """End a rebuild after the batch it is in; what was folded is kept. Raises RebuildRefused."""
    open_ = RebuildJob.objects.filter(pk=name, state__in=(State.ASKED, State.RUNNING))
    if not open_.update(state=State.STOPPING):
        raise RebuildRefused(f"No rebuild of {name} is under way: there is nothing to stop.")
    Act.objects.create(actor=actor, act="stop rebuild", subscription=name, reason=reason)


@transaction.atomic
def abandon(name: str, *, actor: str, reason: str = "") -> None:
    """Throw away what a stopped or failed rebuild has folded. Raises RebuildRefused while it is under way."""
    job = RebuildJob.objects.select_for_update().filter(pk=name).first()
    if job is None or job.state in OPEN:
        raise RebuildRefused(f"Stop the rebuild of {name} first; nothing was thrown away.")
    rebuilding.abandon(_projection(name))
    job.delete()
    Act.objects.create(actor=actor, act="abandon rebuild", subscription=name, reason=reason)


def waiting() -> list[str]:
    """The jobs that a worker should go on with, because nobody is at work on them."""
    jobs = RebuildJob.objects.filter(state__in=OPEN)
    if not jobs.exists():  # the relay asks ten times a second
        return []
    return list(jobs.filter(_free()).values_list("projection", flat=True))


def _free() -> Q:
    """Who is at work renews the lease, and holds a lock that dies with the connection."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    return free if rebuilding.under_way() else free | Q(updated_at__lt=now - SILENCE)


def work(name: str, seconds: float = SLICE_SECONDS) -> bool:
    """Go on with a job for a slice; returns whether something is left to do at once."""
    job = _take(name)
    if job is None:
        return False
    if job.state == State.STOPPING:
        _end(name, State.STOPPED, "Stopped.")
        return False
    compared: list[Differences] = []
    try:
        rebuilding.rebuild(
            [_projection(name)],
            actor=job.actor,
            progressed=_Slice(job, seconds),
            compared=compared.append,
        )
    except _SliceIsOver:
        RebuildJob.objects.filter(pk=name).update(leased_until=None)
        return True
    except _Stopped:
        _end(name, State.STOPPED, "Stopped; what was folded is kept.")
    except RebuildRefused as refusal:  # somebody else rebuilds, or holds the table: again in a moment
        if dispatch.mode() == "inline":  # nobody would come back to it
            _end(name, State.FAILED, str(refusal))
            return False
        now = timezone.now()
        RebuildJob.objects.filter(pk=name).update(note=str(refusal), leased_until=now + AGAIN, updated_at=now)
    except EventBusError as failure:
        _end(name, State.FAILED, str(failure))
    else:
        _end(name, State.DONE, _told(compared))
    return False


class _SliceIsOver(Exception):
    """Somebody else's turn."""


class _Stopped(Exception):
    """A person has said so."""


class _Slice:
    """Hears of each batch: notes how far the job has come, and ends the slice between two batches."""

    def __init__(self, job: RebuildJob, seconds: float) -> None:
        self.job = job
        self.began, self.first = monotonic(), job.position
        self.end = self.began + seconds

    def __call__(self, position: int) -> None:
        """The log was read up to `position`, 0 where it was read to its end."""
        if connection.in_atomic_block:  # comparing and exchanging: all or nothing
            return
        self.job.position = max(self.job.position, position)
        if self._note() == State.STOPPING:
            raise _Stopped
        if monotonic() > self.end:
            raise _SliceIsOver

    def _note(self) -> str:
        now = timezone.now()
        seconds = monotonic() - self.began
        RebuildJob.objects.filter(pk=self.job.pk).update(
            position=self.job.position,
            target=max(self.job.target, self.job.position),
            rate=(self.job.position - self.first) / seconds,
            updated_at=now,
            leased_until=now + LEASE,
        )
        state: str = RebuildJob.objects.values_list("state", flat=True).get(pk=self.job.pk)
        return state


def _take(name: str) -> RebuildJob | None:
    now = timezone.now()
    with transaction.atomic():
        rows = RebuildJob.objects.select_for_update(skip_locked=True)
        job = rows.filter(_free(), pk=name, state__in=OPEN).first()
        if job is None:
            return None
        job.leased_until, job.updated_at = now + LEASE, now
        if job.state == State.ASKED:
            job.state = State.RUNNING
        job.save(update_fields=["leased_until", "state", "updated_at"])
    return job


def _end(name: str, state: str, note: str) -> None:
    job = RebuildJob.objects.filter(pk=name)
    job.update(state=state, note=note, leased_until=None, updated_at=timezone.now())


def _told(compared: list[Differences]) -> str:
    differing = sum(max(one.live_count, one.rebuilt_count) for one in compared)
    if not differing:
        return "Rebuilt; every row was as the log gives it."
    return f"Rebuilt; {differing:,} row{'' if differing == 1 else 's'} differed from what the log gives."


def _to_the_end(name: str) -> None:
    while work(name):
        pass


def _projection(name: str) -> type[Projection]:
    known = {s.name: s.consumer for s in subscriptions() if s.queue == "projections"}
    if name not in known:
        raise RebuildRefused(f"No projection {name}. There are: {', '.join(known)}.")
    projection: type[Projection] = known[name]
    return projection
