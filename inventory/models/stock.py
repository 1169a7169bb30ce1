"""Counters per SKU, and the ledger that proves them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Q

from inventory.errors import CountersBroken, OutOfStock, TooManyUnits
from inventory.events import Shortage

MOST_UNITS = 2**31 - 1
"""The most units that a counter or a line of the ledger can say."""
LONGEST_SKU = 64
LONGEST_REASON = 200


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

    sku = models.CharField("SKU", max_length=LONGEST_SKU, primary_key=True)
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


class StockMovement(models.Model):
    """One line of the ledger. A trigger refuses to change or delete it.

    A reservation that ran out and was taken again is on its next turn: what is reserved, released or shipped
    for one order is so once per turn.
    """

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
    turn = models.PositiveSmallIntegerField(default=1, db_default=1)
    reason = models.CharField(max_length=LONGEST_REASON, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("item", "id"), name="movement_of_item"),)
        constraints = (
            models.UniqueConstraint(
                fields=("reference", "kind", "item", "turn"), name="movement_once_per_turn"
            ),
        )

    def __str__(self) -> str:
        return f"{self.item_id} {self.kind} {self.on_hand_change:+}/{self.reserved_change:+}"

    @property
    def why(self) -> str:
        """The reason given, or the order or return that it was for."""
        return self.reason or str(self.reference or "")


@dataclass(frozen=True, slots=True)
class Moved:
    """A SKU as a movement found it, and what the movement does to the units free to sell."""

    sku: str
    on_hand: int
    reserved: int
    low_at: int
    done: bool
    change: int

    @property
    def before(self) -> int:
        """Units free to sell before the movement."""
        return self.on_hand - self.reserved

    @property
    def available(self) -> int:
        """Units free to sell after the movement."""
        return self.before + self.change

    @property
    def fell_low(self) -> bool:
        """Did this very movement cross the threshold?"""
        return self.available <= self.low_at < self.before


_STOCKROOM = 0x73746F636B  # "stock": the name of the lock, the same in every process
_ENTER = "SELECT pg_advisory_xact_lock_shared(%(room)s)"
_ENTER_ALONE = "SELECT pg_advisory_xact_lock(%(room)s)"
_ENTER_ON_AN_ERRAND = f"{_ENTER}, pg_advisory_xact_lock(%(errand)s)"


def enter_stockroom(*, alone: bool = False, errand: UUID | None = None) -> None:
    """Wait for whoever is in there alone; `alone` also keeps everybody else out until the transaction ends.

    errand: also wait for whoever is in there on the same one.

    One call locks its rows in SKU order and cannot deadlock with another. A batch of calls in one transaction
    locks them order by order, in no order of SKUs: it has to be alone. So that this holds for reservations
    too, everybody locks in the same order: the stockroom, the reservation, the rows of the stock.
    """
    statement = _ENTER_ALONE if alone else _ENTER_ON_AN_ERRAND if errand else _ENTER
    with connection.cursor() as cursor:
        cursor.execute(statement, {"room": _STOCKROOM, "errand": errand.int % 2**63 if errand else None})


# Rows are locked in SKU order, and all counters change or none; the ledger comes out of the same statement.
# What is told are the counters as they were found: after a refusal they are still locked, and say why.
_MOVE = f"""
WITH wanted AS (
    SELECT * FROM unnest(%(skus)s::text[], %(quantities)s::int[]) AS line (sku, quantity)
), locked AS (
    SELECT item.sku, item.on_hand, item.reserved, item.low_at,
           quantity * %(on_hand)s AS on_hand_change, quantity * %(reserved)s AS reserved_change,
           item.reserved::bigint + quantity * %(reserved)s
               BETWEEN 0 AND item.on_hand::bigint + quantity * %(on_hand)s
           AND item.on_hand::bigint + quantity * %(on_hand)s <= {MOST_UNITS} AS possible
    FROM inventory_stockitem AS item JOIN wanted ON wanted.sku = item.sku
    ORDER BY item.sku FOR UPDATE OF item
), moved AS (
    UPDATE inventory_stockitem AS item
    SET on_hand = item.on_hand + on_hand_change, reserved = item.reserved + reserved_change
    FROM locked
    WHERE item.sku = locked.sku AND (SELECT count(*) FROM locked WHERE possible) = %(lines)s
    RETURNING item.sku, on_hand_change, reserved_change
), ledger AS (
    INSERT INTO inventory_stockmovement
        (sku, kind, on_hand_change, reserved_change, reference, turn, reason, made_at)
    SELECT sku, %(kind)s, on_hand_change, reserved_change, %(reference)s::uuid, %(turn)s, %(reason)s,
           %(made_at)s
    FROM moved ORDER BY sku
)
SELECT sku, on_hand, reserved, low_at, (SELECT count(*) FROM moved) = %(lines)s FROM locked ORDER BY sku
"""


def move_stock(
    kind: MovementKind,
    quantities: Mapping[str, int],
    *,
    made_at: datetime,
    reference: UUID | None = None,
    turn: int = 1,
    reason: str = "",
) -> list[Moved]:
    """Move all of these units and write the ledger, in one statement; whoever calls is in the stockroom.

    Where any is impossible, nothing moves. OutOfStock: more are taken than are free to sell. TooManyUnits:
    more would come than a counter can say. CountersBroken: fewer are counted as reserved than are held.
    """
    on_hand, reserved = SIGNS[kind]
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
                "turn": turn,
                "reason": reason,
                "made_at": made_at,
            },
        )
        found = cursor.fetchall()
    freed = on_hand - reserved
    moved = [
        Moved(sku, on_hand=there, reserved=held, low_at=low_at, done=done, change=freed * quantities[sku])
        for sku, there, held, low_at, done in found
    ]
    if sum(item.done for item in moved) < len(quantities):
        _refuse(kind, quantities, {item.sku: item for item in moved})
    return moved


def _refuse(kind: MovementKind, quantities: Mapping[str, int], found: Mapping[str, Moved]) -> NoReturn:
    """Say why, from the counters as the movement found them; nobody has changed them since."""
    on_hand, reserved = SIGNS[kind]
    items = [
        found.get(sku, Moved(sku, 0, 0, 0, done=False, change=(on_hand - reserved) * quantity))
        for sku, quantity in quantities.items()
    ]
    if missing := [
        Shortage(sku=item.sku, wanted=-item.change, available=item.before)
        for item in items
        if item.available < 0
    ]:
        raise OutOfStock(tuple(missing))
    for item in items:
        if item.on_hand + on_hand * quantities[item.sku] > MOST_UNITS:
            raise TooManyUnits(item.sku, item.on_hand + quantities[item.sku], MOST_UNITS)
    raise CountersBroken(
        tuple(
            Shortage(sku=item.sku, wanted=quantities[item.sku], available=item.reserved)
            for item in items
            if item.reserved + reserved * quantities[item.sku] < 0
        )
    )
