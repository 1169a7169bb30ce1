"""What waits for a person: opened by events, closed by somebody who says what they did."""

from django.db import models
from django.db.models import Q


class TaskKind(models.TextChoices):
    """Why a person is needed."""

    SHORTFALL = "shortfall", "paid, but sold out"
    DOUBLE_PAYMENT = "double_payment", "paid twice"
    REFUND_FAILED = "refund_failed", "refund failed"
    SHIPMENT_REFUSED = "shipment_refused", "parcel refused"
    PARCEL_RETURNED = "parcel_returned", "parcel came back"
    RETURN_REQUESTED = "return_requested", "return asked for"


class StaffTask(models.Model):
    """One thing to look after, once per event; `about_id` names the return, refund, payment or parcel."""

    kind = models.CharField(max_length=20, choices=TaskKind)
    order_id = models.UUIDField(db_index=True)
    about_id = models.UUIDField(db_index=True)
    event_id = models.UUIDField(unique=True)
    sentence = models.TextField()
    next_action = models.TextField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, default="")
    note = models.TextField(default="")

    class Meta:
        indexes = (
            models.Index(fields=["opened_at"], condition=Q(closed_at=None), name="orders_stafftask_open"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by="", note="")
                | Q(closed_at__isnull=False) & ~Q(closed_by="") & ~Q(note=""),
                name="orders_stafftask_closed_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.sentence}"


class OrderNote(models.Model):
    """What somebody on the staff wants the others to know about an order; the customer never sees it."""

    order_id = models.UUIDField(db_index=True)
    text = models.TextField()
    written_by = models.CharField(max_length=150)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("written_at", "pk")

    def __str__(self) -> str:
        return self.text
