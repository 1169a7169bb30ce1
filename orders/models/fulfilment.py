"""After the order: the parcel, what came back, and what the shop wrote to people."""

from typing import Self
from uuid import UUID, uuid4

from django.db import connection, models
from django.db.models import Q
from django.utils import timezone

SHIPMENT_STATES = ("requested", "scheduled", "refused", "cancelled", "delivered", "returned")


class Shipment(models.Model):
    """The parcel of one order, as agreed with the carrier; looked for at `look_at`, until it has arrived."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    order_id = models.UUIDField(unique=True)
    state = models.CharField(
        max_length=10, default="requested", choices=[(state, state) for state in SHIPMENT_STATES]
    )
    tracking_number = models.CharField(max_length=40, default="")
    reason = models.TextField(default="")
    requested_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    look_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["look_at"], condition=Q(state="scheduled"), name="orders_shipment_to_look_for"
            ),
        )

    def __str__(self) -> str:
        return self.tracking_number or f"{self.state} {self.id}"

    @classmethod
    def of(cls, order_id: UUID) -> Self:
        """The order's parcel, asked for from now on if it was not before: one statement."""
        return cls.objects.raw(_SHIPMENT_OF, {"id": uuid4(), "order_id": order_id, "now": timezone.now()})[0]


# The update changes nothing, and makes the row that was there come back as a new one does.
_SHIPMENT_OF = """
INSERT INTO orders_shipment AS mine (id, order_id, state, tracking_number, reason, requested_at, changed_at)
VALUES (%(id)s, %(order_id)s, 'requested', '', '', %(now)s, %(now)s)
ON CONFLICT (order_id) DO UPDATE SET order_id = mine.order_id
RETURNING *"""


class ParcelScan(models.Model):
    """One time the carrier saw the parcel, by the carrier's own count."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="scans")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=30)
    place = models.CharField(max_length=120)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["shipment", "number"], name="orders_parcelscan_once"),)

    def __str__(self) -> str:
        return f"{self.status} {self.place}"


class Return(models.Model):
    """Goods that came back, credited to the customer's account."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20, unique=True)
    customer_reference = models.CharField(max_length=40)
    lines = models.JSONField()
    refund_amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.TextField()
    returned_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number


class Notification(models.Model):
    """One mail, sent once per message and recipient."""

    message_id = models.UUIDField()
    recipient = models.EmailField()
    order_id = models.UUIDField(null=True, db_index=True)
    template = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    sent_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        permissions = (("send_again", "Can send a mail again"),)
        ordering = ("-sent_at",)
        constraints = (
            models.UniqueConstraint(fields=["message_id", "recipient"], name="orders_notification_once"),
        )

    def __str__(self) -> str:
        return self.subject

    @classmethod
    def is_sent(cls, message_id: UUID, recipient: str) -> bool:
        """Whether this message has been written to them about. Asked before every mail, so written out."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM orders_notification WHERE message_id = %s AND recipient = %s",
                [message_id, recipient],
            )
            return cursor.fetchone() is not None
