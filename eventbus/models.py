"""The tables of the bus."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
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
    """One fact or request in the log: appended, never changed.

    The table is partitioned by position, which is the order of time: see migration 0002 and partitions.py.
    """

    position = models.BigAutoField(primary_key=True)
    xid = Xid8Field(db_default=CurrentXid(), editable=False)
    uuid = models.UUIDField(db_column="id")
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
        indexes = (
            models.Index(fields=["xid"], name="eventbus_message_xid"),
            models.Index(fields=["uuid"], name="eventbus_message_uuid"),
            models.Index(fields=["correlation_id"], name="eventbus_message_story"),
            models.Index(fields=["stream", "revision"], name="eventbus_message_stream"),
            models.Index(fields=["type", "position"], name="eventbus_message_type"),
        )

    def __str__(self) -> str:
        return f"{self.position} {self.type}"


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


class Stream(models.Model):
    """How far an event-sourced stream has come. Its row is what two writers of one revision meet at."""

    stream = models.CharField(max_length=200, primary_key=True)
    revision = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.stream} {self.revision}"


class Archive(models.Model):
    """A stretch of the log that was taken out of it: `file` holds it, or a table of the archive's schema."""

    name = models.CharField(max_length=63, primary_key=True)
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    messages = models.BigIntegerField()
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    file = models.TextField(blank=True)
    archived_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.name} ({self.start} to {self.end})"


class Cluster(models.Model):
    """The Postgres cluster whose transaction ids the log and its checkpoints speak of; one row.

    All messages below `settled_position` are of transactions below `settled_xid`: see partitions.py.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    system_identifier = models.BigIntegerField()
    since = models.DateTimeField(db_default=Now())
    settled_position = models.BigIntegerField(default=0, db_default=0)
    settled_xid = Xid8Field(null=True)

    def __str__(self) -> str:
        return str(self.system_identifier)


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
        """Where a delivery stands. Unknown: this process has no class for it, a newer one may."""

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


class SagaState(models.Model):
    """One running or ended saga."""

    class Status(models.TextChoices):
        """Whether the saga still listens. Resolved: a person has ended it, with a note."""

        RUNNING = "running"
        COMPLETED = "completed"
        RESOLVED = "resolved"

    saga = models.CharField(max_length=120)
    key = models.CharField(max_length=200)
    status = models.CharField(max_length=9, choices=Status, default=Status.RUNNING)
    undos = models.JSONField(default=list)
    started_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["saga", "key"], name="eventbus_saga_key"),)
        indexes = (
            models.Index(
                fields=["saga", "status", "started_at"],
                condition=~Q(status="completed"),
                name="eventbus_saga_open",
            ),
        )

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


class Breaker(models.Model):
    """What is known of a dependency that failed: nothing is sent its way before `open_until`."""

    dependency = models.CharField(max_length=120, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    updated_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.dependency


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


class Arrival(models.Model):
    """A message that came in over the bridge, once per its source's id; `message` is its id in our log.

    What is not taken keeps its body: parked until a newer process can read it, waiting behind such a one of
    its stream, or refused, until a person has it tried again or discards it.
    """

    class State(models.TextChoices):
        """What has become of it."""

        TAKEN = "taken"
        PARKED = "parked"
        WAITING = "waiting"
        REFUSED = "refused"
        DISCARDED = "discarded"

    source = models.CharField(max_length=200)
    event_id = models.CharField(max_length=200)
    type = models.CharField(max_length=200, blank=True)
    stream = models.CharField(max_length=200, blank=True)
    message = models.UUIDField(null=True)
    state = models.CharField(max_length=9, choices=State)
    body = models.TextField(blank=True)
    error = models.TextField(blank=True)
    arrived_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "event_id"], name="eventbus_arrival_once"),)
        indexes = (
            models.Index(fields=["message"], name="eventbus_arrival_message"),
            models.Index(fields=["arrived_at"], name="eventbus_arrival_age"),
            models.Index(
                fields=["source", "stream", "id"],
                condition=Q(state__in=("parked", "waiting", "refused")),
                name="eventbus_arrival_held",
            ),
        )

    def __str__(self) -> str:
        return f"{self.type or 'unreadable'} {self.event_id}: {self.state}"
