"""What came in over the bridge."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


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

    @property
    def lane(self) -> str:
        """Under which name it is kept what people decide about it."""
        return f"{self.type} from {self.source}"[:120]
