"""What can be asked of inventory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from inventory.models import Reservation, StockItem


@dataclass(frozen=True, slots=True)
class StockLevel:
    """The counters of one SKU, as they are now."""

    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """Units that can still be promised to somebody."""
        return self.on_hand - self.reserved


NO_STOCK = StockLevel(on_hand=0, reserved=0)


@dataclass(frozen=True, slots=True)
class LedgerDifference:
    """A SKU whose counters are not what the ledger and the open reservations add up to."""

    sku: str
    on_hand: int
    reserved: int
    ledger_on_hand: int
    ledger_reserved: int
    held: int

    def __str__(self) -> str:
        compared = (
            (f"{self.on_hand} on hand, in the ledger", self.on_hand, self.ledger_on_hand),
            (f"{self.reserved} reserved, in the ledger", self.reserved, self.ledger_reserved),
            (f"{self.reserved} reserved, held for orders", self.reserved, self.held),
        )
        found = [f"{what} {due} ({is_ - due:+})" for what, is_, due in compared if is_ != due]
        return f"{self.sku}: {'; '.join(found)}."


def stock_of(skus: Iterable[str]) -> dict[str, StockLevel]:
    """The counters of these SKUs; those never stocked are counted as nothing."""
    wanted = list(skus)
    found = StockItem.objects.in_bulk(wanted)
    return {
        sku: StockLevel(found[sku].on_hand, found[sku].reserved) if sku in found else NO_STOCK
        for sku in wanted
    }


def every_stock_level() -> Iterator[tuple[str, StockLevel]]:
    """All SKUs with their counters, by SKU, read as they are asked for."""
    items = StockItem.objects.order_by("sku")
    return ((item.sku, StockLevel(item.on_hand, item.reserved)) for item in items.iterator(chunk_size=1_000))


def reservation_state(order_id: UUID) -> str | None:
    """ "active", "released", "shipped", "rejected", "expired"; None when the order never asked for stock."""
    return Reservation.objects.filter(order_id=order_id).values_list("state", flat=True).first()


_DIFFERENCES = """
WITH ledger AS (
    SELECT sku, sum(on_hand_change)::bigint AS on_hand, sum(reserved_change)::bigint AS reserved
    FROM inventory_stockmovement GROUP BY sku
), held AS (
    SELECT line.sku, sum(line.quantity)::bigint AS quantity
    FROM inventory_reservation, unnest(skus, quantities) AS line (sku, quantity)
    WHERE state = 'active' GROUP BY line.sku
), compared AS (
    SELECT coalesce(item.sku, ledger.sku, held.sku) AS sku,
           coalesce(item.on_hand, 0) AS on_hand, coalesce(item.reserved, 0) AS reserved,
           coalesce(ledger.on_hand, 0) AS ledger_on_hand, coalesce(ledger.reserved, 0) AS ledger_reserved,
           coalesce(held.quantity, 0) AS held
    FROM inventory_stockitem AS item
    FULL JOIN ledger ON ledger.sku = item.sku
    FULL JOIN held ON held.sku = coalesce(item.sku, ledger.sku)
)
SELECT * FROM compared
WHERE on_hand <> ledger_on_hand OR reserved <> ledger_reserved OR reserved <> held
ORDER BY sku
"""


def ledger_differences() -> list[LedgerDifference]:
    """Every SKU whose counters disagree with its ledger or the open reservations; none, when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES)
        return [LedgerDifference(*row) for row in cursor.fetchall()]
