"""Counters per SKU, what is held for whom, and the ledger that proves the counters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Q


class MovementKind(models.TextChoices):
    """Why stock moved, and what one unit of it does to the counters (see `SIGNS`)."""

    RECEIVED = "received"
    ADJUSTED = "adjusted"
    RESERVED = "reserved"
    RELEASED = "released"
    SHIPPED = "shipped"
    RETURNED = "returned"


SIGNS = {
    MovementKind.RECEIVED: (1, 0),
    MovementKind.ADJUSTED: (1, 0),
    MovementKind.RESERVED: (0, 1),
    MovementKind.RELEASED: (0, -1),
    MovementKind.SHIPPED: (-1, -1),
    MovementKind.RETURNED: (1, 0),
}


class StockItem(models.Model):
    """One SKU on the shelf. The constraint makes selling what is not there impossible."""

    sku = models.CharField("SKU", max_length=64, primary_key=True)
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    low_at = models.PositiveIntegerField(default=5, db_default=5)

    class Meta:
        ordering = ("sku",)
        constraints = (
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_reserved_not_negative"),
            models.CheckConstraint(condition=Q(on_hand__gte=F("reserved")), name="stock_never_oversold"),
        )

    def __str__(self) -> str:
        return self.sku

    @property
    def available(self) -> int:
        """Units that can still be promised to somebody."""
        return self.on_hand - self.reserved


class ReservationState(models.TextChoices):
    """Where a reservation stands; it leaves ACTIVE exactly once."""

    ACTIVE = "active"
    RELEASED = "released"
    SHIPPED = "shipped"
    REJECTED = "rejected"


class Reservation(models.Model):
    """What is held for one order. A released row without lines refuses a reservation that comes too late."""

    order_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=8, choices=ReservationState.choices)
    skus = ArrayField(models.CharField(max_length=64), default=list)
    quantities = ArrayField(models.PositiveIntegerField(), default=list)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(skus__len=F("quantities__len")), name="reservation_quantity_per_sku"
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_id} ({self.state})"


class StockMovement(models.Model):
    """One line of the ledger. A trigger refuses to change or delete it."""

    # Every row is written from the counters' own UPDATE (see `move_stock`): its SKU is known to exist.
    item = models.ForeignKey(
        StockItem,
        models.PROTECT,
        db_column="sku",
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    kind = models.CharField(max_length=8, choices=MovementKind.choices)
    on_hand_change = models.IntegerField()
    reserved_change = models.IntegerField()
    reference = models.UUIDField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("item", "id"), name="movement_of_item"),)
        constraints = (
            models.UniqueConstraint(fields=("reference", "kind", "item"), name="movement_once_per_reference"),
        )

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind} {self.on_hand_change:+}/{self.reserved_change:+}"

    @property
    def why(self) -> str:
        """The reason given, or the order or return that it was for."""
        return self.reason or str(self.reference or "")


@dataclass(frozen=True, slots=True)
class Moved:
    """A SKU's counters just after a movement, and what it did to the units free to sell."""

    sku: str
    on_hand: int
    reserved: int
    low_at: int
    available_change: int

    @property
    def available(self) -> int:
        """Units free to sell after the movement."""
        return self.on_hand - self.reserved

    @property
    def fell_low(self) -> bool:
        """Did this very movement cross the threshold?"""
        return self.available <= self.low_at < self.available - self.available_change


_STOCKROOM = 0x73746F636B  # "stock": the name of the lock, the same in every process


def enter_stockroom(*, alone: bool = False) -> None:
    """Wait for whoever is in there alone; `alone` also keeps everybody else out until the transaction ends.

    One call locks its rows in SKU order and cannot deadlock with another. A batch of calls in one transaction
    locks them order by order, in no order of SKUs: it has to be alone.
    """
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s)", [_STOCKROOM])


# Rows are locked in SKU order, and all counters change or none; the ledger comes out of the same statement.
_MOVE = """
WITH wanted AS (
    SELECT * FROM unnest(%(skus)s::text[], %(quantities)s::int[]) AS line (sku, quantity)
), locked AS (
    SELECT item.sku, quantity * %(on_hand)s AS on_hand, quantity * %(reserved)s AS reserved,
           item.reserved + quantity * %(reserved)s
               BETWEEN 0 AND item.on_hand + quantity * %(on_hand)s AS possible
    FROM inventory_stockitem AS item JOIN wanted ON wanted.sku = item.sku
    ORDER BY item.sku FOR UPDATE OF item
), moved AS (
    UPDATE inventory_stockitem AS item
    SET on_hand = item.on_hand + locked.on_hand, reserved = item.reserved + locked.reserved
    FROM locked
    WHERE item.sku = locked.sku AND (SELECT count(*) FROM locked WHERE possible) = %(lines)s
    RETURNING item.sku, item.on_hand, item.reserved, item.low_at,
              locked.on_hand AS on_hand_change, locked.reserved AS reserved_change
), ledger AS (
    INSERT INTO inventory_stockmovement
        (sku, kind, on_hand_change, reserved_change, reference, reason, made_at)
    SELECT sku, %(kind)s, on_hand_change, reserved_change, %(reference)s::uuid, %(reason)s, %(made_at)s
    FROM moved ORDER BY sku
)
SELECT sku, on_hand, reserved, low_at, on_hand_change - reserved_change FROM moved ORDER BY sku
"""


def move_stock(
    kind: MovementKind,
    quantities: Mapping[str, int],
    *,
    made_at: datetime,
    reference: UUID | None = None,
    reason: str = "",
) -> list[Moved]:
    """Move all of these units and write the ledger in one statement; an empty list if any is impossible."""
    on_hand, reserved = SIGNS[kind]
    enter_stockroom()
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            {
                "skus": list(quantities),
                "quantities": list(quantities.values()),
                "lines": len(quantities),
                "on_hand": on_hand,
                "reserved": reserved,
                "kind": kind.value,
                "reference": reference,
                "reason": reason,
                "made_at": made_at,
            },
        )
        return [Moved(*row) for row in cursor.fetchall()]


_CLAIM = """
INSERT INTO inventory_reservation (order_id, state, skus, quantities, made_at, changed_at)
VALUES (%(order_id)s, 'active', %(skus)s::text[], %(quantities)s::int[], %(at)s, %(at)s)
ON CONFLICT (order_id) DO NOTHING RETURNING order_id
"""
_RELEASE = """
INSERT INTO inventory_reservation AS mine (order_id, state, skus, quantities, made_at, changed_at)
VALUES (%(order_id)s, 'released', '{}', '{}', %(at)s, %(at)s)
ON CONFLICT (order_id) DO UPDATE SET state = 'released', changed_at = %(at)s WHERE mine.state = 'active'
RETURNING skus, quantities
"""
_SHIP = """
UPDATE inventory_reservation SET state = 'shipped', changed_at = %(at)s
WHERE order_id = %(order_id)s AND state = 'active' RETURNING skus, quantities
"""


def claim_reservation(order_id: UUID, quantities: Mapping[str, int], *, made_at: datetime) -> bool:
    """Open the order's one reservation; false when it already has one, in whatever state."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "order_id": order_id,
                "skus": list(quantities),
                "quantities": list(quantities.values()),
                "at": made_at,
            },
        )
        return cursor.fetchone() is not None


def release_reservation(order_id: UUID, *, at: datetime) -> dict[str, int]:
    """Make sure that the order holds nothing and never will; what it held until now."""
    return _end_reservation(_RELEASE, order_id, at) or {}


def ship_reservation(order_id: UUID, *, at: datetime) -> dict[str, int] | None:
    """Close the order's active reservation; what it held, or None when there is none to close."""
    return _end_reservation(_SHIP, order_id, at)


def _end_reservation(statement: str, order_id: UUID, at: datetime) -> dict[str, int] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"order_id": order_id, "at": at})
        row = cursor.fetchone()
    return dict(zip(*row, strict=True)) if row else None
