"""The tables of the bus."""

from typing import Any

from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now


class Xid8Field(models.Field):  # type: ignore[type-arg]
    """A 64-bit transaction id; psycopg hands it over as text."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "xid8"


class SnapshotField(models.Field):  # type: ignore[type-arg]
    """A Postgres snapshot, as text `xmin:xmax:xip,…`."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "pg_snapshot"


class CurrentXid(Func):
    """The id of the transaction that writes the row."""

    function = "pg_current_xact_id"
    output_field = Xid8Field()


class Message(models.Model):
    """One fact or request in the log: appended, never changed."""

    position = models.BigAutoField(primary_key=True)
    xid = Xid8Field(db_default=CurrentXid(), editable=False)
    uuid = models.UUIDField(unique=True, db_column="id")
    kind = models.CharField(max_length=7, choices={"event": "event", "command": "command"})
    type = models.CharField(max_length=120)
    version = models.PositiveSmallIntegerField()
    stream = models.CharField(max_length=200)
    revision = models.PositiveIntegerField(null=True)
    shard = models.PositiveSmallIntegerField()
    data = models.JSONField()
    headers = models.JSONField(default=dict)
    correlation_id = models.UUIDField()
    causation_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["stream", "revision"],
                condition=Q(revision__isnull=False),
                name="eventbus_message_revision",
            ),
        )
        indexes = (
            models.Index(fields=["xid"], name="eventbus_message_xid"),
            models.Index(fields=["correlation_id"], name="eventbus_message_story"),
        )

    def __str__(self) -> str:
        return f"{self.position} {self.type}"


class Checkpoint(models.Model):
    """What one lane (a subscription's shard) has seen of the log."""

    subscription = models.CharField(max_length=120)
    shard = models.PositiveSmallIntegerField(default=0)
    seen = SnapshotField()
    window = SnapshotField(null=True)
    position = models.BigIntegerField(default=0)
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
        """Where a delivery stands."""

        WAITING = "waiting"
        CLAIMED = "claimed"
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
                fields=["subscription", "due_at"], condition=~Q(state="dead"), name="eventbus_delivery_due"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subscription} ← {self.message_id}"


class SagaState(models.Model):
    """One running or ended saga."""

    class Status(models.TextChoices):
        """Whether the saga still listens."""

        RUNNING = "running"
        COMPLETED = "completed"

    saga = models.CharField(max_length=120)
    key = models.CharField(max_length=200)
    status = models.CharField(max_length=9, choices=Status, default=Status.RUNNING)
    undos = models.JSONField(default=list)
    started_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["saga", "key"], name="eventbus_saga_key"),)

    def __str__(self) -> str:
        return f"{self.saga} {self.key}"


class Timer(models.Model):
    """An event that a saga sends to itself later."""

    saga = models.CharField(max_length=120)
    key = models.CharField(max_length=200)
    due_at = models.DateTimeField(db_index=True)
    type = models.CharField(max_length=120)
    version = models.PositiveSmallIntegerField()
    data = models.TextField()
    cause = models.JSONField()

    class Meta:
        indexes = (models.Index(fields=["saga", "key"], name="eventbus_timer_saga"),)

    def __str__(self) -> str:
        return f"{self.type} at {self.due_at}"
