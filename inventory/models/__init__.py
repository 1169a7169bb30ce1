"""Counters per SKU and their ledger (`stock`), and what is held for whom (`reservations`)."""

from inventory.models.reservations import (
    Held,
    Reservation,
    ReservationState,
    claim_reservation,
    expire_reservation,
    keep_reservation,
    overdue_reservations,
    release_reservation,
    ship_reservation,
)
from inventory.models.stock import (
    LONGEST_REASON,
    LONGEST_SKU,
    MOST_UNITS,
    Moved,
    MovementKind,
    StockItem,
    StockMovement,
    enter_stockroom,
    move_stock,
)

__all__ = [
    "LONGEST_REASON",
    "LONGEST_SKU",
    "MOST_UNITS",
    "Held",
    "Moved",
    "MovementKind",
    "Reservation",
    "ReservationState",
    "StockItem",
    "StockMovement",
    "claim_reservation",
    "enter_stockroom",
    "expire_reservation",
    "keep_reservation",
    "move_stock",
    "overdue_reservations",
    "release_reservation",
    "ship_reservation",
]
