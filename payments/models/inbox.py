"""The inbox of webhooks: what processors have told, kept as it came."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import connection, models

from eventbus import current_time

# One statement, however many notices a request brings and however often it comes at once.
_KEEP = """
INSERT INTO payments_inboxnotice
    (id, provider, event_id, kind, payment_id, reference, body, headers, state, remark, received_at)
SELECT id, %(provider)s, event_id, kind, payment_id, reference, %(body)s, %(headers)s, %(state)s, '', %(now)s
FROM unnest(%(ids)s::uuid[], %(event_ids)s::text[], %(kinds)s::text[], %(payment_ids)s::uuid[],
            %(references)s::text[]) AS told (id, event_id, kind, payment_id, reference)
ON CONFLICT (provider, event_id) DO NOTHING
RETURNING id, coalesce(
    (SELECT order_id FROM payments_payment AS payment
     WHERE payment.provider = %(provider)s AND payment.id = payments_inboxnotice.payment_id),
    (SELECT order_id FROM payments_payment AS payment
     WHERE payment.provider = %(provider)s AND payment.reference = payments_inboxnotice.reference
       AND payments_inboxnotice.payment_id IS NULL AND payment.reference <> ''))
"""


class NoticeState(models.TextChoices):
    """What has become of a notice: parked ones are valid, but not understood or not about us."""

    RECEIVED = "received"
    DONE = "done"
    PARKED = "parked"
    FAILED = "failed"


class Told(NamedTuple):
    """What one notice is about, as its envelope says."""

    event_id: str
    kind: str
    payment_id: UUID | None
    reference: str


class InboxNotice(models.Model):
    """One thing that a processor told us, once per its own id; the body can be read again later."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=100)
    payment_id = models.UUIDField(null=True, db_index=True)
    reference = models.CharField(max_length=255, blank=True, default="")
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=NoticeState, default=NoticeState.RECEIVED)
    remark = models.CharField(max_length=500, blank=True, default="")
    received_at = models.DateTimeField(default=current_time)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "webhook"
        constraints = (models.UniqueConstraint(fields=("provider", "event_id"), name="inbox_notice_once"),)
        indexes = (models.Index(fields=("state", "-received_at"), name="inbox_notice_state"),)

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.event_id}: {self.state}"

    @classmethod
    def keep(
        cls, *, provider: str, told: Sequence[Told], body: bytes, headers: Mapping[str, str]
    ) -> list[tuple[UUID, UUID | None]]:
        """Keep what was told and was not before; returns the id of what is new, and the order it is about."""
        parameters = {
            "provider": provider,
            "ids": [uuid4() for _ in told],
            "event_ids": [one.event_id for one in told],
            "kinds": [one.kind for one in told],
            "payment_ids": [one.payment_id for one in told],
            "references": [one.reference for one in told],
            "body": body,
            "headers": models.JSONField().get_db_prep_value(dict(headers), connection),
            "state": NoticeState.RECEIVED.value,
            "now": current_time(),
        }
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, parameters)
            return cursor.fetchall()  # type: ignore[no-any-return]

    def settle(self, state: NoticeState, remark: str = "") -> None:
        """Note what has become of it, and why."""
        self.state, self.remark, self.read_at = state, remark[:500], current_time()
        self.save(update_fields=("state", "remark", "read_at"))
