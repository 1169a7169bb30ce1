"""What is held for whom, and until when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Q

from inventory.models.stock import LONGEST_SKU


class ReservationState(models.TextChoices):
    """Where a reservation stands; each turn leaves ACTIVE exactly once, and only EXPIRED leads back to it."""

    ACTIVE = "active"
    RELEASED = "released"
    SHIPPED = "shipped"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Reservation(models.Model):
    """What is held for one order. A released row without lines refuses a reservation that comes too late.

    expires_at: when the hold runs out, or ran out; null: it is held until it is released or shipped.
    turn: 1, and one more each time the goods were taken again after a hold that ran out.
    """

    order_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=8, choices=ReservationState.choices)
    skus = ArrayField(models.CharField(max_length=LONGEST_SKU), default=list)
    quantities = ArrayField(models.PositiveIntegerField(), default=list)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    turn = models.PositiveSmallIntegerField(default=1, db_default=1)

    class Meta:
        indexes = (
            models.Index(
                fields=("expires_at",),
                condition=Q(state="active", expires_at__isnull=False),
                name="reservation_runs_out",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(skus__len=F("quantities__len")), name="reservation_quantity_per_sku"
            ),
            models.CheckConstraint(
                condition=~Q(state="expired") | Q(expires_at__isnull=False), name="reservation_had_an_end"
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_id} ({self.state})"


@dataclass(frozen=True, slots=True)
class Held:
    """What an order held until now, and on which turn."""

    turn: int
    quantities: dict[str, int]


_CLAIM = """
INSERT INTO inventory_reservation AS mine
    (order_id, state, skus, quantities, made_at, changed_at, expires_at, turn)
VALUES (%(order_id)s, 'active', %(skus)s::text[], %(quantities)s::int[], %(at)s, %(at)s,
        %(expires_at)s::timestamptz, 1)
ON CONFLICT (order_id) DO UPDATE
SET state = 'active', skus = EXCLUDED.skus, quantities = EXCLUDED.quantities, turn = mine.turn + 1,
    changed_at = EXCLUDED.changed_at, expires_at = EXCLUDED.expires_at
WHERE mine.state = 'expired'
RETURNING turn
"""
# The end of a hold that ran out is kept: its goods were given back then, and are not given back again.
_RELEASE = """
WITH ended AS (
    INSERT INTO inventory_reservation AS mine
        (order_id, state, skus, quantities, made_at, changed_at)
    VALUES (%(order_id)s, 'released', '{}', '{}', %(at)s, %(at)s)
    ON CONFLICT (order_id) DO UPDATE
    SET state = 'released', changed_at = %(at)s,
        expires_at = CASE mine.state WHEN 'expired' THEN mine.expires_at END
    WHERE mine.state IN ('active', 'expired')
    RETURNING turn, skus, quantities, expires_at
)
SELECT turn, skus, quantities FROM ended WHERE expires_at IS NULL
"""
_SHIP = """
UPDATE inventory_reservation SET state = 'shipped', changed_at = %(at)s
WHERE order_id = %(order_id)s AND state = 'active' RETURNING turn, skus, quantities
"""
_EXPIRE = """
UPDATE inventory_reservation SET state = 'expired', changed_at = %(at)s
WHERE order_id = %(order_id)s AND state = 'active' AND expires_at <= %(at)s RETURNING turn, skus, quantities
"""


def claim_reservation(
    order_id: UUID, quantities: Mapping[str, int], *, at: datetime, expires_at: datetime | None
) -> int | None:
    """Open the order's one reservation, or take up the one that ran out: its turn; None for any other."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "order_id": order_id,
                "skus": list(quantities),
                "quantities": list(quantities.values()),
                "at": at,
                "expires_at": expires_at,
            },
        )
        row = cursor.fetchone()
    return row[0] if row else None


def keep_reservation(order_id: UUID) -> bool:
    """Let an active reservation have no end; false when there is none."""
    active = Reservation.objects.filter(order_id=order_id, state=ReservationState.ACTIVE)
    return active.update(expires_at=None) > 0


def release_reservation(order_id: UUID, *, at: datetime) -> Held | None:
    """Make sure that the order holds nothing and never will; what it held until now."""
    return _end_reservation(_RELEASE, order_id, at)


def ship_reservation(order_id: UUID, *, at: datetime) -> Held | None:
    """Close the order's active reservation; what it held, or None when there is none to close."""
    return _end_reservation(_SHIP, order_id, at)


def expire_reservation(order_id: UUID, *, at: datetime) -> Held | None:
    """Let an active reservation run out whose end has come; what it held, or None where it has not."""
    return _end_reservation(_EXPIRE, order_id, at)


def overdue_reservations(*, at: datetime, limit: int, lock: bool = True) -> Sequence[UUID]:
    """The orders whose holds should have run out, the oldest first; locked, but for those others hold."""
    overdue = Reservation.objects.filter(state=ReservationState.ACTIVE, expires_at__lte=at)
    if lock:
        overdue = overdue.select_for_update(skip_locked=True)
    return list(overdue.order_by("expires_at", "order_id").values_list("order_id", flat=True)[:limit])


def _end_reservation(statement: str, order_id: UUID, at: datetime) -> Held | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"order_id": order_id, "at": at})
        row = cursor.fetchone()
    return Held(row[0], dict(zip(row[1], row[2], strict=True))) if row else None
