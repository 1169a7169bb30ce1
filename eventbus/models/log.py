"""The log: its messages, the heads of its streams, what was archived, and the cluster it belongs to."""

from django.db import models
from django.db.models.functions import Now

from eventbus.models.fields import CurrentXid, Xid8Field


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
