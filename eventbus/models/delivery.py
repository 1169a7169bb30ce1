"""Who has heard what: checkpoints, deliveries set aside, breakers, pauses, and how fast each goes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from eventbus.models.fields import SnapshotField
from eventbus.models.log import Message


class Checkpoint(models.Model):
    """What one lane (a subscription's shard) has seen of the log.

    `position` is how far it has come in an open window; without one, the last position when it was saved.
    `version` is the projection's version that its rows were folded with. `types` are the messages that the
    newest release lets it listen to: an older process keeps those it does not know for a newer one.
    `delivered` counts the messages it has taken since it began, so that two looks give a rate.
    """

    subscription = models.CharField(max_length=120)
    shard = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=1, db_default=1)
    types = ArrayField(models.CharField(max_length=120), default=list)
    seen = SnapshotField()
    window = SnapshotField(null=True)
    position = models.BigIntegerField(default=0)
    delivered = models.BigIntegerField(default=0, db_default=0)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subscription", "shard"], name="eventbus_checkpoint_lane"),
        )

    def __str__(self) -> str:
        return f"{self.subscription}/{self.shard}"


class Delivery(models.Model):
    """A message set aside for one subscription: to be called out, tried again, or looked at by a person."""

    class State(models.TextChoices):
        """Where a delivery stands. Unknown: this process cannot read it, a newer one may."""

        WAITING = "waiting"
        CLAIMED = "claimed"
        UNKNOWN = "unknown"
        DEAD = "dead"

    subscription = models.CharField(max_length=120)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    stream = models.CharField(max_length=200)
    shard = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    outages = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    token = models.UUIDField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (
            models.UniqueConstraint(fields=["subscription", "message"], name="eventbus_delivery_once"),
        )
        indexes = (
            models.Index(fields=["subscription", "stream", "message"], name="eventbus_delivery_order"),
            models.Index(
                fields=["subscription", "due_at", "message"],
                condition=~Q(state="dead"),
                name="eventbus_delivery_due",
            ),
            models.Index(
                fields=["subscription", "stream"], condition=Q(state="dead"), name="eventbus_delivery_dead"
            ),
            models.Index(
                fields=["subscription", "message"], condition=~Q(error=""), name="eventbus_delivery_failed"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subscription} ← {self.message_id}"


class Breaker(models.Model):
    """What is known of a dependency that failed: nothing is sent its way before `open_until`."""

    dependency = models.CharField(max_length=120, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    updated_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.dependency


class Pause(models.Model):
    """A subscription that a person has paused: no worker hands it anything until it is resumed."""

    subscription = models.CharField(max_length=120, primary_key=True)
    actor = models.CharField(max_length=200)
    reason = models.TextField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.subscription}, by {self.actor}"


class Pace(models.Model):
    """What a subscription had taken at two moments, so that its rate can be told: see pacing.py."""

    subscription = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()
    delivered = models.BigIntegerField()
    earlier_at = models.DateTimeField()
    earlier_delivered = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.subscription} {self.delivered}"
