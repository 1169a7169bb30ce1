"""Sagas on their way, and their timeouts."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


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
