"""What people did, and rebuilds under way."""

from django.db import models
from django.db.models.functions import Now

from eventbus.models.fields import SnapshotField


class Act(models.Model):
    """What a person decided about the bus: who, what, why."""

    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=200)
    act = models.CharField(max_length=40)
    subscription = models.CharField(max_length=120, blank=True)
    message_id = models.BigIntegerField(null=True)
    stream = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = (models.Index(fields=["subscription", "message_id"], name="eventbus_act_message"),)

    def __str__(self) -> str:
        return f"{self.actor}: {self.act} {self.subscription}"


class Rebuild(models.Model):
    """How far the rows of a projection that is being rebuilt aside have come.

    `skipped` are the positions that wait as deliveries of the live projection: not folded there, so not here.
    """

    projection = models.CharField(max_length=120, primary_key=True)
    version = models.PositiveIntegerField()
    seen = SnapshotField()
    window = SnapshotField(null=True)
    position = models.BigIntegerField(default=0)
    skipped = models.JSONField(default=list)
    started_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.projection


class RebuildJob(models.Model):
    """A rebuild that a person has asked for; the workers carry it out, a slice at a time: see jobs.py.

    `position` of `target` is how far the log was read, `rate` in positions a second. No worker begins a slice
    before `leased_until`: one is at work, or has just died.
    """

    class State(models.TextChoices):
        """Where it stands. Stopping: the worker has not heard of it yet."""

        ASKED = "asked"
        RUNNING = "running"
        STOPPING = "stopping"
        STOPPED = "stopped"
        FAILED = "failed"
        DONE = "done"

    projection = models.CharField(max_length=120, primary_key=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    actor = models.CharField(max_length=200)
    asked_at = models.DateTimeField(db_default=Now())
    position = models.BigIntegerField(default=0)
    target = models.BigIntegerField(default=0)
    rate = models.FloatField(default=0)
    note = models.TextField(blank=True)
    updated_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.projection} {self.state}"
